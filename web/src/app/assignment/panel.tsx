// The assignments of a room beside its conversation: the list, one of them, or a new one.

import { useEffect, useState } from "preact/hooks";
import type { Id, RoomView } from "../../client/api.js";
import type { AssignmentsView, AssignmentView } from "../../client/assignments-api.js";
import { sentence } from "../engine.js";
import { Button, Dialog, Icon, Loading, Notice } from "../parts.js";
import { use, useSpeech } from "../state.js";
import { Give } from "./give.js";
import { Due, isOpen, Standing } from "./history.js";
import { One } from "./one.js";
import { askAgain, useAssignments } from "./use-assignments.js";
import { titleOf } from "./words.js";

const Row = ({ all, one, onOpen }: { all: AssignmentsView; one: AssignmentView; onOpen: () => void }) => {
	const { t, language } = useSpeech();
	return (
		<li>
			<button type="button" class="assignment-row" onClick={onOpen}>
				<strong>{titleOf(one.given.template, language)}</strong>
				<span class="assignment-facts"><Standing one={one} staff={all.staff} /> <Due one={one} />{one.draft && <span class="hint">{t("assignment.begun")}</span>}</span>
			</button>
		</li>
	);
};

const List = ({ all, canGive, onOpen, onGive }: { all: AssignmentsView; canGive: boolean; onOpen: (id: Id) => void; onGive: () => void }) => {
	const { t } = useSpeech();
	const [open, over] = [all.list.filter(isOpen), all.list.filter((one) => !isOpen(one))];
	const rows = (list: readonly AssignmentView[]) => <ul class="assignment-rows">{list.map((one) => <Row key={one.id} all={all} one={one} onOpen={() => onOpen(one.id)} />)}</ul>;
	return (
		<>
			{canGive && <Button kind="main" icon="plus" onClick={onGive}>{t("assignment.give")}</Button>}
			{all.list.length === 0 && <p class="lead-quiet">{t(all.staff ? "assignment.none_staff" : "assignment.none_client")}</p>}
			{open.length > 0 && <section><h3>{t("assignment.open_ones", { count: open.length })}</h3>{rows(open)}</section>}
			{over.length > 0 && <section><h3>{t("assignment.over_ones", { count: over.length })}</h3>{rows(over)}</section>}
			{all.unreadable > 0 && <p class="hint"><Icon name="warn" /> {t("assignment.unreadable", { count: all.unreadable })}</p>}
		</>
	);
};

export const Panel = ({ view, id, onClose }: { view: RoomView; id: Id | null; onClose: () => void }) => {
	const { t } = useSpeech();
	const staff = use((all) => all.self?.role !== "client");
	const [at, go] = useState<Id | "give" | null>(id);
	const [noted, note] = useState<string | null>(null);
	const { view: all, word } = useAssignments(view.room);
	useEffect(() => go(id), [id]);
	const one = all?.list.find((a) => a.id === at);
	return (
		<Dialog title={t("room.assignments")} onClose={onClose} wide>
			<div class="assignments">
				{word && <Notice kind="error"><p>{sentence(word)}</p><Button small onClick={askAgain}>{t("assignment.try_again")}</Button></Notice>}
				{!all && !word && <Loading text={t("assignment.loading")} />}
				{all && at === "give" && (
					<Give
						room={view.room}
						onBack={(said) => {
							note(said);
							go(null);
						}}
					/>
				)}
				{all && one && <One room={view.room} all={all} one={one} open={view.blocked !== "closed"} onBack={() => go(null)} />}
				{noted && <Notice kind="warning"><p>{noted}</p></Notice>}
				{all && at !== "give" && !one && <List all={all} canGive={staff && view.phase === "open" && view.canSend} onOpen={go} onGive={() => go("give")} />}
			</div>
		</Dialog>
	);
};
