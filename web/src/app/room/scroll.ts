// Keeps the place while things are drawn above and below: before a drawing it is remembered which message stands where, after it the
// box is moved back by the difference. The browser's own anchoring is off (not every browser has one).

export const END = 48; // so near the end counts as being there

export interface Place {
	atEnd: boolean;
	id: string | null;
	top: number;
}

export const gapToEnd = (box: HTMLElement): number => box.scrollHeight - box.scrollTop - box.clientHeight;

export const place = (box: HTMLElement): Place => {
	if (gapToEnd(box) < END) return { atEnd: true, id: null, top: 0 };
	const edge = box.getBoundingClientRect().top;
	for (const item of box.querySelectorAll<HTMLElement>("[data-id]")) {
		const { top, bottom } = item.getBoundingClientRect();
		if (bottom > edge) return { atEnd: false, id: item.dataset["id"] ?? null, top: top - edge };
	}
	return { atEnd: false, id: null, top: 0 };
};

export const restore = (box: HTMLElement, was: Place): void => {
	if (was.atEnd) {
		box.scrollTop = box.scrollHeight;
		return;
	}
	if (was.id === null) return;
	const item = box.querySelector<HTMLElement>(`[data-id="${CSS.escape(was.id)}"]`);
	if (!item) return;
	const moved = item.getBoundingClientRect().top - box.getBoundingClientRect().top - was.top;
	if (Math.abs(moved) > 0.5) box.scrollTop += moved;
};
