// As whom the room's client was identified, beside the name under which they were invited. Asked for by a button, because each look is
// on record.

import { useEffect, useState } from "preact/hooks";
import type { Id, IdentifiedView, RoomView } from "../../client/api.js";
import { engine, wordOf } from "../engine.js";
import { listProviders } from "../identify.js";
import { Button, Notice, useAct } from "../parts.js";
import { useSpeech } from "../state.js";

const words = (name: string): readonly string[] => name.toLocaleLowerCase("fi").split(/[\s.,-]+/).filter((word) => word !== "");

/** Every word of the one is a word of the other, or its beginning: "Oona N." is "Oona Näyte". */
const fits = (invited: string, identified: string): boolean => {
	const all = words(identified);
	return words(invited).every((word) => all.some((one) => one.startsWith(word)));
};

interface Found extends IdentifiedView {
	readonly by: string;
}

const Name = ({ found, invited }: { found: Found; invited: string }) => {
	const { t } = useSpeech();
	return (
		<div role="status">
			<p><strong>{found.name || t("identified.nameless")}</strong></p>
			<p class="hint">{t("identified.when", { by: found.by, at: found.at })}</p>
			{found.name !== "" && invited !== "" && !fits(invited, found.name) && <Notice kind="warning"><p>{t("identified.differs", { name: invited })}</p></Notice>}
		</div>
	);
};

/** `now`: where it is what the page is about, it is asked at once. */
export const Identified = ({ view, user, now = false }: { view: RoomView; user: Id; now?: boolean }) => {
	const { t, language } = useSpeech();
	const [found, setFound] = useState<Found | "nobody" | null>(null);
	const asking = useAct();
	const look = async (): Promise<void> => {
		const told = await engine().identified(view.room, user);
		const providers = await listProviders().catch(() => []);
		setFound({ ...told, by: providers.find((one) => one.provider === told.provider)?.names[language] ?? told.provider });
	};
	const ask = (): void =>
		void asking.act(() => look().catch((thrown: unknown) => {
			if (wordOf(thrown) !== "not_found") throw thrown;
			setFound("nobody");
		}));
	useEffect(() => {
		if (now) ask();
	}, [user]);
	if (found === "nobody") return <div role="status"><p>{t("identified.nobody")}</p></div>;
	if (found) return <Name found={found} invited={view.title} />;
	return (
		<>
			{asking.error && <Notice kind="error"><p>{asking.error}</p></Notice>}
			<Button small busy={asking.busy} onClick={ask}>{t("identified.ask")}</Button>
			<p class="hint">{t("identified.on_record")}</p>
		</>
	);
};
