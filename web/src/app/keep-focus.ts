// Who uses a keyboard keeps their place: when what has the focus goes away (a choice closes its menu, a message is deleted, a button is busy,
// a page gives way to another), the browser would begin again at the top. The nearest place that is still there takes the focus instead.
// A new page's heading, a dialog and whatever else asks for the focus itself come before: this acts only when nobody has it.

const NEAR = "details.menu, dialog[open], [data-id], li, section, form, aside";

let last: Element | null = null;
let around: readonly Element[] = [];

const isThere = (place: Element): boolean => place.isConnected && place.checkVisibility();

/** What of a place can be told to somebody who cannot see it: a menu's button, a heading, else the place itself. */
const spokenOf = (place: Element): HTMLElement => {
	const told = place.matches("details.menu") ? place.querySelector<HTMLElement>("summary") : place.querySelector<HTMLElement>("h1, h2, h3, h4");
	return told && isThere(told) ? told : (place as HTMLElement);
};

/** Nobody has the focus, or somebody who is no longer to be seen. */
const isLost = (at: Element | null): boolean => at === null || at === document.body || at === last;

const keep = (): void => {
	if (!last || !isLost(document.activeElement)) return;
	if (isThere(last)) {
		// What was busy for a moment and could not have the focus
		if (document.activeElement !== last && !last.matches(":disabled")) (last as HTMLElement).focus({ preventScroll: true });
		return;
	}
	const near = around.find(isThere) ?? document.getElementById("main");
	last = null;
	if (!near) return;
	const place = spokenOf(near);
	if (place.tabIndex < 0) place.tabIndex = -1;
	place.focus({ preventScroll: true });
};

const ancestors = (of: Element): Element[] => {
	const found: Element[] = [];
	for (let at = of.parentElement?.closest(NEAR); at; at = at.parentElement?.closest(NEAR)) found.push(at);
	return found;
};

const remember = (at: EventTarget | null): void => {
	last = at instanceof Element && at !== document.body && at.matches(":focus-visible") ? at : null;
	if (last) around = ancestors(last);
};

let begun = false;

/** Called by what is loaded later wherever the focus may go: the first load is too small for it. */
export const keepFocus = (): void => {
	if (begun) return;
	begun = true;
	remember(document.activeElement);
	addEventListener("focusin", ({ target }) => remember(target));
	addEventListener("pointerdown", () => void (last = null), true);
	new MutationObserver(keep).observe(document, { subtree: true, childList: true, attributeFilter: ["open", "disabled"] });
};
