// The styles of what comes later, in a file of their own: fetched once, before the first piece that may need them is drawn.

let coming: Promise<void> | undefined;

export const lateStyle = (): Promise<void> => {
	coming ??= new Promise<void>((resolve, reject) => {
		const link = document.createElement("link");
		link.rel = "stylesheet";
		link.href = LATE_STYLE;
		link.onload = () => resolve();
		link.onerror = () => {
			link.remove();
			coming = undefined;
			reject(new Error("style"));
		};
		document.head.append(link);
	});
	return coming;
};
