// The bank's only page: who are you? Plain HTML without a script; its form goes to the bank itself.

import { fullName } from './persons.mjs';

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const safe = (text) => String(text).replace(/[&<>"']/g, (one) => ENTITIES[one]);

const STYLE = `
body { font: 1.125rem/1.5 system-ui, sans-serif; color: #1b2733; background: #f2f4f7; margin: 0; }
header { background: #5b2a86; color: #fff; padding: 1rem; }
header p { margin: 0 auto; max-width: 32rem; font-weight: 600; }
main { max-width: 32rem; margin: 0 auto; padding: 1rem; }
fieldset { border: 1px solid #8a94a0; border-radius: 0.5rem; background: #fff; padding: 0.5rem 1rem; margin: 1rem 0; }
label { display: flex; gap: 0.75rem; padding: 0.5rem 0; align-items: baseline; }
input { inline-size: 1.25rem; block-size: 1.25rem; }
small { color: #4a5663; }
button { font: inherit; font-weight: 600; padding: 0.75rem 1.5rem; border-radius: 0.5rem; border: 2px solid #5b2a86; cursor: pointer; margin: 0 0.5rem 0.5rem 0; }
.main { background: #5b2a86; color: #fff; }
.plain { background: #fff; color: #5b2a86; }
:focus-visible { outline: 3px solid #d98200; outline-offset: 2px; }`;

const row = (person, first) => `
<label><input type="radio" name="person" value="${safe(person.id)}"${first ? ' checked' : ''}>
<span>${safe(fullName(person))}<br><small>${safe(person.code ?? person.email)}</small></span></label>`;

const whole = (title, name, body) => `<!DOCTYPE html>
<html lang="fi"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${safe(title)}</title><style>${STYLE}</style></head>
<body><header><p>${safe(name)}</p></header><main>${body}</main></body></html>`;

export const choosePage = (issuer, people, action) =>
	whole(`Tunnistaudu – ${issuer.names.fi}`, issuer.names.fi, `
<h1>Tunnistaudu palveluun Luotsi</h1>
<p>Tämä on esittely: nämä henkilöt ovat keksittyjä, eikä mitään kysytä oikealta pankilta.</p>
<form method="post" action="${safe(action)}">
<fieldset><legend>Kuka olet?</legend>${people.map((person, i) => row(person, i === 0)).join('')}</fieldset>
<button class="main" type="submit" name="answer" value="yes">Tunnistaudu</button>
<button class="plain" type="submit" name="answer" value="no">Peruuta</button>
</form>`);

export const sorryPage = (issuer, why) =>
	whole(`Virhe – ${issuer.names.fi}`, issuer.names.fi, `
<h1>Tunnistautuminen ei onnistu</h1><p>Palaa palveluun, josta tulit, ja aloita uudelleen.</p><p><small>${safe(why)}</small></p>`);
