// For browsers that cannot keep the promise. In all languages at once, and without anything a new browser would need.

const words: readonly (readonly [string, string])[] = [
	["fi", "Selaimesi on liian vanha. Luotsi salaa viestit selaimessasi, eikä tämä selain osaa sitä. Päivitä selain tai käytä toista: uusi Firefox, Chrome, Edge tai Safari käy."],
	["sv", "Din webbläsare är för gammal. Luotsi krypterar meddelandena i webbläsaren, och den här klarar inte det. Uppdatera den eller använd en annan: ny Firefox, Chrome, Edge eller Safari duger."],
	["en", "Your browser is too old. Luotsi encrypts messages in your browser, and this one cannot do it. Update it or use another: a recent Firefox, Chrome, Edge or Safari will do."],
];

export const sayTooOld = (): void => {
	const place = document.getElementById("app");
	if (!place) return;
	place.textContent = "";
	const main = document.createElement("main");
	main.className = "page";
	const title = document.createElement("h1");
	title.textContent = "Luotsi";
	main.appendChild(title);
	for (const [language, text] of words) {
		const line = document.createElement("p");
		line.lang = language;
		line.textContent = text;
		main.appendChild(line);
	}
	place.appendChild(main);
};
