import { Check } from "../plain.js";
import { set, use, useSpeech } from "../state.js";

/** Ticked on a device that others use: the keys go as soon as the page is left, and sooner when nobody does anything. */
export const SharedDevice = () => {
	const { t } = useSpeech();
	const shared = use((all) => all.shared);
	return <Check label={t("shared.label")} hint={t("shared.hint")} checked={shared} onChange={(on) => set({ shared: on })} />;
};
