// Giving an assignment: one from the library, looked at as the client will see it, with a word of one's own, a day and a reminder.

import { useEffect, useState } from "preact/hooks";
import { ROOM_LIMITS } from "../../assignment/room-content.js";
import type { Template } from "../../assignment/types.js";
import type { Id } from "../../client/api.js";
import type { TemplateCard } from "../../client/assignments-api.js";
import { engine } from "../engine.js";
import { Preview as Whole } from "../library/preview.js";
import { Button, Check, Field, Loading, Notice, useAct } from "../parts.js";
import { say, useSpeech } from "../state.js";
import { DayField } from "./day-field.js";
import { forgetOwn, Own } from "./own.js";
import { askAgain } from "./use-assignments.js";
import { daysTo, titleOf } from "./words.js";

const SEARCH_MS = 300;

const Card = ({ card, onPick }: { card: TemplateCard; onPick: () => void }) => {
	const { t } = useSpeech();
	return (
		<li>
			<button type="button" class="template-card" onClick={onPick}>
				<strong>{card.title}</strong>
				<span>{card.description}</span>
				<span class="card-facts">{card.form === "meter" ? `${t("assignment.is_meter")} · ` : ""}{card.author}</span>
			</button>
		</li>
	);
};

const useTemplates = (words: string) => {
	const { language } = useSpeech();
	const [cards, setCards] = useState<readonly TemplateCard[] | null>(null);
	const [more, setMore] = useState(false);
	const looking = useAct();
	const find = async (from: readonly TemplateCard[]): Promise<void> => {
		await looking.act(async () => {
			const found = await engine().work("findTemplates", words, language, from.length);
			setCards([...from, ...found.cards]);
			setMore(found.more);
		});
	};
	useEffect(() => {
		const timer = setTimeout(() => void find([]), words === "" ? 0 : SEARCH_MS);
		return () => clearTimeout(timer);
	}, [words, language]);
	return { cards, more, looking, next: () => void find(cards ?? []) };
};

const Picker = ({ onPick }: { onPick: (template: Template) => void }) => {
	const { t, language } = useSpeech();
	const [words, setWords] = useState("");
	const { cards, more, looking, next } = useTemplates(words);
	const opening = useAct();
	const pick = (card: TemplateCard): void => void opening.act(async () => onPick(await engine().work("readTemplate", card.id, language)));
	return (
		<>
			<Field label={t("assignment.search")} hint={t("assignment.search_hint")} value={words} onInput={setWords} type="search" maxLength={100} />
			{(looking.error ?? opening.error) && <Notice kind="error"><p>{looking.error ?? opening.error}</p></Notice>}
			<p class="vh" role="status">{cards ? t("assignment.found", { count: cards.length }) : ""}</p>
			{!cards && looking.busy && <Loading text={t("assignment.searching")} />}
			{cards?.length === 0 && <p>{t("assignment.none_found")}</p>}
			<ul class="template-cards">{cards?.map((card) => <Card key={card.id} card={card} onPick={() => pick(card)} />)}</ul>
			{more && <Button busy={looking.busy} onClick={next}>{t("assignment.more_templates")}</Button>}
		</>
	);
};

const Preview = ({ template }: { template: Template }) => {
	const { t } = useSpeech();
	return (
		<details class="earlier">
			<summary>{t("assignment.preview")}</summary>
			<p class="hint">{t("assignment.preview_hint")}</p>
			<Whole template={template} />
		</details>
	);
};

const Giving = ({ room, template, onBack, onDone }: { room: Id; template: Template; onBack: () => void; onDone: (note: string | null) => void }) => {
	const { t, language } = useSpeech();
	const [word, setWord] = useState("");
	const [due, setDue] = useState("");
	const [doubt, setDoubt] = useState(false);
	const [remind, setRemind] = useState(true);
	const giving = useAct();
	const passed = due !== "" && daysTo(due) < 0;
	const give = (event: Event): void => {
		event.preventDefault();
		if (doubt || passed) return;
		void giving.act(async () => {
			const wanted = remind && due !== "";
			const { reminder } = await engine().work("giveAssignment", room, { template, word: word.trim(), due, remind: wanted });
			say(t("assignment.given_told"));
			askAgain();
			onDone(wanted && !reminder ? t("assignment.reminder_failed") : null);
		});
	};
	return (
		<form onSubmit={give} noValidate>
			<Button small kind="quiet" icon="back" onClick={onBack}>{t("assignment.other_template")}</Button>
			<h3 tabIndex={-1}>{titleOf(template, language)}</h3>
			<Preview template={template} />
			<Field label={t("assignment.your_word")} hint={t("assignment.your_word_hint")} value={word} rows={4} maxLength={ROOM_LIMITS.word} onInput={setWord} />
			<DayField label={t("assignment.due_day")} hint={t("assignment.due_hint")} value={due} onChange={setDue} onDoubt={setDoubt} />
			{passed && <p class="field-error" role="alert">{t("assignment.due_in_past")}</p>}
			{due !== "" && <Check label={t("assignment.remind")} hint={t("assignment.remind_hint")} checked={remind} onChange={setRemind} />}
			{giving.error && <Notice kind="error"><p>{giving.error}</p></Notice>}
			<Button kind="main" type="submit" busy={giving.busy} disabled={doubt || passed}>{t("assignment.give_now")}</Button>
		</form>
	);
};

export const Give = ({ room, onBack }: { room: Id; onBack: (note: string | null) => void }) => {
	const { t } = useSpeech();
	const [template, pick] = useState<Template | null>(null);
	const [own, write] = useState(false);
	const done = (note: string | null): void => {
		if (own) forgetOwn();
		onBack(note);
	};
	if (template) return <Giving room={room} template={template} onBack={() => pick(null)} onDone={done} />;
	if (own) return <Own room={room} onBack={() => write(false)} onReady={pick} />;
	return (
		<>
			<Button small kind="quiet" icon="back" onClick={() => onBack(null)}>{t("assignment.all")}</Button>
			<h3 tabIndex={-1}>{t("assignment.give_title")}</h3>
			<Button icon="plus" onClick={() => write(true)}>{t("assignment.write_own")}</Button>
			<Picker onPick={pick} />
		</>
	);
};
