// Whether the window is as narrow as a phone: drawings are made for one or the other, because what is drawn does not wrap.

import { useEffect, useState } from "preact/hooks";

const isNarrow = (): boolean => matchMedia("(max-width: 40rem)").matches;

export const useNarrow = (): boolean => {
	const [narrow, know] = useState(isNarrow);
	useEffect(() => {
		const wide = matchMedia("(max-width: 40rem)"), look = (): void => know(isNarrow());
		wide.addEventListener("change", look);
		return () => wide.removeEventListener("change", look);
	}, []);
	return narrow;
};
