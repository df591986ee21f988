// Bringing a colleague into the room, with or without what was said before, and taking one out.

import { useEffect, useState } from "preact/hooks";
import type { Id, RoomView } from "../../client/api.js";
import { engine } from "../engine.js";
import { Button, Choice, Dialog, Loading, Notice, useAct } from "../parts.js";
import { useSpeech } from "../state.js";

interface Colleague {
	user: Id;
	name: string;
}

const Present = ({ view }: { view: RoomView }) => {
	const { t } = useSpeech();
	const removing = useAct();
	const others = view.members.filter((member) => member.active && member.role === "staff" && !member.me);
	if (others.length === 0) return <p>{t("colleagues.alone")}</p>;
	return (
		<>
			<ul class="members">
				{others.map((member) => (
					<li key={member.user} class="member row">
						<span>{member.name}</span>
						<Button small kind="danger" busy={removing.busy} label={t("colleagues.remove_name", { name: member.name })} onClick={() => void removing.act(() => engine().removeColleague(view.room, member.user))}>
							{t("colleagues.remove")}
						</Button>
					</li>
				))}
			</ul>
			{removing.error && <Notice kind="error"><p>{removing.error}</p></Notice>}
		</>
	);
};

const Adding = ({ view, free }: { view: RoomView; free: readonly Colleague[] }) => {
	const { t } = useSpeech();
	const [user, setUser] = useState("");
	const [history, setHistory] = useState<"none" | "all">("none");
	const adding = useAct();
	const add = (event: Event): void => {
		event.preventDefault();
		if (user) void adding.act(() => engine().addColleague(view.room, user, history)).then((done) => done && setUser(""));
	};
	return (
		<form onSubmit={add}>
			<label class="field">
				<span>{t("colleagues.who")}</span>
				<select value={user} onChange={(event) => setUser(event.currentTarget.value)}>
					<option value="">{t("colleagues.choose")}</option>
					{free.map((one) => <option key={one.user} value={one.user}>{one.name}</option>)}
				</select>
			</label>
			<Choice legend={t("colleagues.history")} value={history} onChange={setHistory} options={[["none", t("colleagues.history_none")], ["all", t("colleagues.history_all")]]} />
			<p class="hint">{t("colleagues.seen")}</p>
			{adding.error && <Notice kind="error"><p>{adding.error}</p></Notice>}
			<Button kind="main" type="submit" disabled={user === ""} busy={adding.busy}>{t("colleagues.add")}</Button>
		</form>
	);
};

export const Colleagues = ({ view, onClose }: { view: RoomView; onClose: () => void }) => {
	const { t } = useSpeech();
	const [all, setAll] = useState<readonly Colleague[] | null>(null);
	const listing = useAct();
	useEffect(() => void listing.act(async () => setAll(await engine().colleagues())), []);
	const inside = new Set(view.members.filter((member) => member.active).map((member) => member.user));
	const free = (all ?? []).filter((one) => !inside.has(one.user));
	return (
		<Dialog title={t("acts.colleagues")} onClose={onClose}>
			<Present view={view} />
			{listing.error && <Notice kind="error"><p>{listing.error}</p></Notice>}
			{!all && listing.busy && <Loading text={t("loading.page")} />}
			{all && (free.length === 0 ? <p>{t("colleagues.none")}</p> : <Adding view={view} free={free} />)}
		</Dialog>
	);
};
