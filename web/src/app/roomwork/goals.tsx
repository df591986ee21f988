// Goals ("dreams") and the steps that lead to them: shared, so both add, change, mark as done, move and take away.

import { useState } from "preact/hooks";
import { DOERS, LIMITS, tidy, type Day, type Doer, type EntityId, type Kinds } from "../../roomwork/content.js";
import { orderBetween, type Entity } from "../../roomwork/work.js";
import { Button, Choice, Dialog, Field, Menu, useAct } from "../parts.js";
import { say, useSpeech } from "../state.js";
import { DayField, shown } from "./day.js";
import { clashes, Failed, History, Part, type PartProps } from "./parts.js";

type Kind = "goal" | "step";
type One = Entity<"goal"> | Entity<"step">;
type Set = Partial<Kinds["goal"]> & Partial<Kinds["step"]>;

interface EditProps extends PartProps {
	kind: Kind;
	/** What is changed; undefined: a new one. */
	one?: One | undefined;
	goal?: EntityId | "";
	after: readonly One[];
	onClose: () => void;
}

const changed = (one: One | undefined, next: Set): Set => {
	const before = (one?.fields ?? {}) as Record<string, unknown>;
	return Object.fromEntries(Object.entries(next).filter(([name, value]) => before[name] !== value));
};

const Edit = ({ working, kind, one, goal = "", after, onClose }: EditProps) => {
	const { t } = useSpeech();
	const [text, setText] = useState(one?.fields.text ?? "");
	const [by, setBy] = useState<Day | undefined>(one?.fields.by ?? "");
	const [who, setWho] = useState<Doer>(one && "who" in one.fields ? one.fields.who : "client");
	const [tried, tries] = useState(false);
	const saving = useAct();
	const missing = tidy(text) === "";
	const save = (event: Event): void => {
		event.preventDefault();
		tries(true);
		if (missing || by === undefined) return;
		const set = changed(one, { text: tidy(text), by, ...(kind === "step" && { who }) });
		if (one && Object.keys(set).length === 0) return onClose();
		const order = orderBetween(after.at(-1)?.fields.order, undefined) ?? 0;
		const act = () => (one ? working.change(one as Entity<Kind>, set) : working.make(kind, { ...set, order, ...(kind === "step" && { goal }) }));
		void saving.act(act).then((done) => done && onClose());
	};
	return (
		<Dialog title={t(one ? `plan.${kind}_edit` : `plan.${kind}_add`)} onClose={onClose}>
			<form onSubmit={save} noValidate>
				<Field label={t(`plan.${kind}_label`)} hint={t(`plan.${kind}_hint`)} value={text} onInput={setText} rows={3} maxLength={LIMITS.goal} error={tried && missing ? t("plan.text_missing") : null} />
				<DayField label={t("plan.by_label")} value={by ?? ""} onChange={setBy} />
				{kind === "step" && <Choice legend={t("plan.who_label")} value={who} onChange={setWho} options={DOERS.map((one) => [one, t(`plan.who.${one}`)] as const)} />}
				<Failed acting={saving} />
				<Button kind="main" type="submit" busy={saving.busy}>{t("plan.save")}</Button>
			</form>
		</Dialog>
	);
};

interface LineProps extends PartProps {
	one: One;
	list: readonly One[];
	onGone: (one: One) => void;
	onStep?: () => void;
}

type Asked = "edit" | "history" | null;

const useMove = (working: PartProps["working"], one: One, list: readonly One[]) => {
	const at = list.findIndex(({ id }) => id === one.id);
	const order = (n: number): number | undefined => list[n]?.fields.order;
	/** Where no place is left between two, all get new ones. */
	const place = async (to: number): Promise<void> => {
		const next = to > at ? orderBetween(order(to), order(to + 1)) : orderBetween(order(to - 1), order(to));
		if (next !== undefined) return working.change(one as Entity<Kind>, { order: next });
		const moved = list.filter(({ id }) => id !== one.id);
		moved.splice(to, 0, one);
		for (const [n, each] of moved.entries()) await working.change(each as Entity<Kind>, { order: n * 1_024 });
	};
	return { up: at > 0 ? () => place(at - 1) : null, down: at < list.length - 1 ? () => place(at + 1) : null };
};

const Line = ({ working, may, one, list, onGone, onStep }: LineProps) => {
	const { t } = useSpeech();
	const [asked, ask] = useState<Asked>(null);
	const [marking, setMarking] = useState<boolean | null>(null); // as it will be
	const acting = useAct();
	const move = useMove(working, one, list);
	const { text, by } = one.fields;
	const done = marking ?? one.fields.done;
	const who = "who" in one.fields ? one.fields.who : null;
	const mark = (): void => {
		setMarking(!done);
		void acting.act(() => working.change(one as Entity<Kind>, { done: !done })).then(() => setMarking(null));
	};
	const remove = (): void => void acting.act(() => working.change(one as Entity<Kind>, { gone: true })).then((gone) => gone && onGone(one));
	const go = (act: (() => Promise<void>) | null) => (): void => void (act && acting.act(act).then((moved) => moved && say(t("plan.moved"))));
	return (
		<div class="plan-line">
			<label class={done ? "plan-done" : ""}>
				<input type="checkbox" checked={done} disabled={!may || acting.busy} onChange={mark} />
				<span>{text}</span>
			</label>
			<Menu label={t("plan.acts_of", { text })} icon="more">
				{may && <button type="button" onClick={() => ask("edit")}>{t("plan.edit")}</button>}
				{may && onStep && <button type="button" onClick={onStep}>{t("plan.step_add")}</button>}
				{may && move.up && <button type="button" onClick={go(move.up)}>{t("plan.up")}</button>}
				{may && move.down && <button type="button" onClick={go(move.down)}>{t("plan.down")}</button>}
				<button type="button" onClick={() => ask("history")}>{t("plan.history")}</button>
				{may && <button type="button" onClick={remove}>{t("plan.remove")}</button>}
			</Menu>
			{(by !== "" || who) && <p class="hint plan-more">{[who && t(`plan.who.${who}`), by !== "" && t("plan.until", { day: shown(by) })].filter(Boolean).join(" · ")}</p>}
			{clashes(one as Entity) && <p class="hint plan-more">{t("plan.clash")}</p>}
			<Failed acting={acting} />
			{asked === "edit" && <Edit working={working} may={may} kind={one.type} one={one} after={list} onClose={() => ask(null)} />}
			{asked === "history" && <History entity={one as Entity} onClose={() => ask(null)} />}
		</div>
	);
};

const Undo = ({ working, gone, onDone }: { working: PartProps["working"]; gone: One | null; onDone: () => void }) => {
	const { t } = useSpeech();
	const acting = useAct();
	const back = (): void => void (gone && acting.act(() => working.change({ ...gone, version: gone.version + 1 } as Entity<Kind>, { gone: false })).then((done) => done && onDone()));
	return (
		<div role="status">
			{gone && <p class="plan-undo"><span>{t("plan.removed", { text: gone.fields.text })}</span> <Button small busy={acting.busy} onClick={back}>{t("plan.undo")}</Button></p>}
			<Failed acting={acting} />
		</div>
	);
};

export const Goals = ({ working, may }: PartProps) => {
	const { t } = useSpeech();
	const [adding, add] = useState<{ kind: Kind; goal: EntityId | "" } | null>(null);
	const [gone, setGone] = useState<One | null>(null);
	const goals = working.work?.goals ?? [];
	const steps = working.work?.steps ?? [];
	const known = new Set(goals.map(({ id }) => id));
	const of = (goal: EntityId | ""): Entity<"step">[] => steps.filter(({ fields }) => (known.has(fields.goal) ? fields.goal : "") === goal);
	const list = (some: readonly Entity<"step">[]) =>
		some.length > 0 && <ul class="plan-list plan-steps">{some.map((one) => <li key={one.id}><Line working={working} may={may} one={one} list={some} onGone={setGone} /></li>)}</ul>;
	return (
		<Part title={t("plan.goals")} hint={t("plan.goals_hint")}>
			{goals.length === 0 && <p>{t("plan.goals_none")}</p>}
			<ul class="plan-list">
				{goals.map((one) => (
					<li key={one.id}>
						<Line working={working} may={may} one={one} list={goals} onGone={setGone} onStep={() => add({ kind: "step", goal: one.id })} />
						{list(of(one.id))}
					</li>
				))}
			</ul>
			{of("").length > 0 && <h3>{t("plan.steps_loose")}</h3>}
			{list(of(""))}
			<Undo working={working} gone={gone} onDone={() => setGone(null)} />
			{may && (
				<div class="row">
					<Button icon="plus" small onClick={() => add({ kind: "goal", goal: "" })}>{t("plan.goal_add")}</Button>
					<Button icon="plus" small onClick={() => add({ kind: "step", goal: "" })}>{t("plan.step_add")}</Button>
				</div>
			)}
			{adding && <Edit working={working} may={may} kind={adding.kind} goal={adding.goal} after={adding.kind === "goal" ? goals : of(adding.goal)} onClose={() => add(null)} />}
		</Part>
	);
};
