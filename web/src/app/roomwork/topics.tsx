// What the room is about, in thirteen fixed words: the one thing of this page that the server knows, and the page says so.

import { useEffect, useState } from "preact/hooks";
import { TOPICS, type Topic } from "../../assignment/types.js";
import type { Id } from "../../client/api.js";
import { engine } from "../engine.js";
import { Button, Notice, useAct } from "../parts.js";
import { say, useSpeech } from "../state.js";
import { Part, useStaff } from "./parts.js";

const useTopics = (room: Id) => {
	const [known, know] = useState<readonly Topic[] | null>(null);
	const asking = useAct();
	const ask = (): void => void asking.act(async () => know(await engine().work("topics", room)));
	useEffect(ask, [room]);
	return { known, know, asking, ask };
};

const Choosing = ({ room, known, know }: { room: Id; known: readonly Topic[]; know: (topics: readonly Topic[]) => void }) => {
	const { t } = useSpeech();
	const [chosen, choose] = useState<readonly Topic[]>(known);
	const saving = useAct();
	const toggle = (one: Topic): void => choose(chosen.includes(one) ? chosen.filter((other) => other !== one) : [...chosen, one]);
	const same = chosen.length === known.length && chosen.every((one) => known.includes(one));
	const save = (): void =>
		void saving.act(() => engine().work("putTopics", room, chosen)).then((done) => {
			if (!done) return;
			know(chosen);
			say(t("plan.topics_saved"));
		});
	return (
		<>
			<fieldset class="plan-topics">
				<legend class="vh">{t("plan.topics")}</legend>
				{TOPICS.map((one) => (
					<label key={one}>
						<input type="checkbox" checked={chosen.includes(one)} onChange={() => toggle(one)} />
						<span>{t(`plan.topic.${one}`)}</span>
					</label>
				))}
			</fieldset>
			{saving.error && <Notice kind="error"><p>{saving.error}</p></Notice>}
			<Button small busy={saving.busy} disabled={same} onClick={save}>{t("plan.topics_save")}</Button>
		</>
	);
};

export const Topics = ({ room, may }: { room: Id; may: boolean }) => {
	const { t } = useSpeech();
	const staff = useStaff();
	const { known, know, asking, ask } = useTopics(room);
	return (
		<Part title={t("plan.topics")}>
			<p class="hint">{t("plan.topics_hint")}</p>
			{asking.error && (
				<Notice kind="error">
					<p>{asking.error}</p>
					<Button small onClick={ask}>{t("loading.again")}</Button>
				</Notice>
			)}
			{known && staff && may && <Choosing room={room} known={known} know={know} />}
			{known && !(staff && may) && (known.length === 0 ? <p>{t("plan.topics_none")}</p> : <ul>{known.map((one) => <li key={one}>{t(`plan.topic.${one}`)}</li>)}</ul>)}
		</Part>
	);
};
