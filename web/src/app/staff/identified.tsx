// As whom the room's client was identified, beside the name under which they were invited. Asked for with a reason, because each look is
// on record; whoever lets somebody in looks for that reason.

import { useEffect, useState } from "preact/hooks";
import type { Id, IdentifiedView, RoomView } from "../../client/api.js";
import { engine, wordOf } from "../engine.js";
import { listProviders } from "../identify.js";
import { Button, Notice, useAct } from "../parts.js";
import { Why } from "../roles/why.js";
import { useSpeech } from "../state.js";

const WHY = ["join", "who", "papers"] as const;

const words = (name: string): readonly string[] => name.toLocaleLowerCase("fi").split(/[\s.,-]+/).filter((word) => word !== "");

/** Every word of the one is a word of the other, or its beginning: "Oona N." is "Oona Näyte". */
const fits = (invited: string, identified: string): boolean => {
	const all = words(identified);
	return words(invited).every((word) => all.some((one) => one.startsWith(word)));
};

interface Found extends IdentifiedView {
	readonly by: string;
}

/** Of who is in the room already only what does not fit is told; of who waits, both. */
const Comparison = ({ name, invited, waits }: { name: string; invited: string; waits: boolean }) => {
	const { t } = useSpeech();
	if (name === "" || invited === "") return null;
	if (!fits(invited, name)) return <Notice kind="warning"><p>{waits ? t("mailed.name_differs", { name: invited }) : t("identified.differs", { name: invited })}</p></Notice>;
	return waits ? <p>{t("mailed.fits", { name: invited })}</p> : null;
};

const Name = ({ found, invited, waits }: { found: Found; invited: string; waits: boolean }) => {
	const { t } = useSpeech();
	return (
		<div role="status">
			<p><strong>{found.name || t("identified.nameless")}</strong></p>
			<p class="hint">{t("identified.when", { by: found.by, at: found.at })}</p>
			<Comparison name={found.name} invited={invited} waits={waits} />
		</div>
	);
};

/** `waits`: of somebody who is to be let in it is asked at once. */
export const Identified = ({ view, user, waits = false }: { view: RoomView; user: Id; waits?: boolean }) => {
	const { t, language } = useSpeech();
	const [found, setFound] = useState<Found | "nobody" | null>(null);
	const [why, wonder] = useState(false);
	const asking = useAct();
	const look = async (reason: string): Promise<void> => {
		const told = await engine().identified(view.room, user, reason);
		const providers = await listProviders().catch(() => []);
		setFound({ ...told, by: providers.find((one) => one.provider === told.provider)?.names[language] ?? told.provider });
	};
	const ask = (reason: string): void =>
		void asking.act(() => look(reason).catch((thrown: unknown) => {
			if (wordOf(thrown) !== "not_found") throw thrown;
			setFound("nobody");
		}));
	useEffect(() => {
		if (waits) ask(t("identified.why.join"));
	}, [user]);
	if (found === "nobody") return <div role="status"><p>{t("identified.nobody")}</p></div>;
	if (found) return <Name found={found} invited={view.title} waits={waits} />;
	return (
		<>
			{asking.error && <Notice kind="error"><p>{asking.error}</p></Notice>}
			{why ? <Why text={t("identified.on_record")} reasons={WHY.map((one) => t(`identified.why.${one}`))} action={t("identified.ask")} busy={asking.busy} onReason={ask} />
				: (
				<>
					<Button small busy={asking.busy} onClick={() => (waits ? ask(t("identified.why.join")) : wonder(true))}>{t("identified.ask")}</Button>
					<p class="hint">{t("identified.on_record")}</p>
				</>
			)}
		</>
	);
};
