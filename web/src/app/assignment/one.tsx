// One assignment: what it is, where it stands, and the side of it that is one's own.

import { useEffect, useRef, useState } from "preact/hooks";
import { wordingIn, type FileRef } from "../../assignment/types.js";
import type { Id } from "../../client/api.js";
import type { AssignmentsView, AssignmentView } from "../../client/assignments-api.js";
import { Button } from "../parts.js";
import { useSpeech } from "../state.js";
import { Comments } from "./comments.js";
import { Fill } from "./fill.js";
import { Form } from "./form.js";
import { Due, History, isOpen, LastWord, Standing, Word } from "./history.js";
import { Meter } from "./meter.js";
import { Review } from "./review.js";
import { filesOf } from "./room-files.js";
import { titleOf } from "./words.js";

interface Props {
	room: Id;
	all: AssignmentsView;
	one: AssignmentView;
	/** The room is open: something may be handed in and judged. */
	open: boolean;
	onBack: () => void;
}

/** Only a template that asks for files needs to know them. */
const useFiles = (room: Id, wanted: boolean): readonly FileRef[] => {
	const [files, setFiles] = useState<readonly FileRef[]>([]);
	useEffect(() => {
		let alive = true;
		if (wanted) void filesOf(room).then((found) => alive && setFiles(found), () => undefined);
		return () => void (alive = false);
	}, [room, wanted]);
	return files;
};

/** What was handed in, after the assignment is over. */
const Kept = ({ all, one }: { all: AssignmentsView; one: AssignmentView }) => {
	const last = one.submissions.at(-1);
	if (!last || one.given.template.kind === "meter") return null;
	return <Form template={one.given.template} answers={last.answers} below={(field) => <Comments all={all} comment={last.comments[field.id]} />} />;
};

export const One = ({ room, all, one, open, onBack }: Props) => {
	const { t, language } = useSpeech();
	const title = useRef<HTMLHeadingElement>(null);
	const { template } = one.given;
	const files = useFiles(room, !all.staff && template.fields.some((field) => field.kind === "file"));
	useEffect(() => title.current?.focus({ preventScroll: true }), [one.id]);
	const description = wordingIn(template.description, language);
	const measured = one.submissions.filter((s) => !s.late);
	return (
		<article class="assignment" lang={template.languages.includes(language) ? undefined : template.languages[0]}>
			<Button small kind="quiet" icon="back" onClick={onBack}>{t("assignment.all")}</Button>
			<h3 ref={title} tabIndex={-1}>{titleOf(template, language)}</h3>
			<p class="assignment-facts"><Standing one={one} staff={all.staff} /> <Due one={one} /></p>
			{description && <p class="text">{description}</p>}
			<Word all={all} one={one} />
			<LastWord all={all} one={one} />
			{template.kind === "meter" && <Meter template={template} measured={measured} />}
			{!open && <p class="lead-quiet">{t("assignment.room_closed")}</p>}
			{all.staff && <Review room={room} all={all} one={one} open={open} />}
			{!all.staff && open && <Fill key={`${one.id}${one.standing}`} room={room} all={all} one={one} files={files} />}
			{!all.staff && (!open || !isOpen(one)) && <Kept all={all} one={one} />}
			<History all={all} one={one} />
		</article>
	);
};
