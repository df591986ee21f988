// A counsellor's comment on one field.

import type { Comment } from "../../assignment/room-state.js";
import type { AssignmentsView } from "../../client/assignments-api.js";
import { useSpeech } from "../state.js";
import { nameIn } from "./history.js";

export const Comments = ({ all, comment }: { all: AssignmentsView; comment: Comment | undefined }) => {
	const { t } = useSpeech();
	if (!comment) return null;
	return (
		<figure class="field-comment">
			<figcaption>{comment.by === all.me ? t("assignment.comment_mine") : t("assignment.comment_of", { name: nameIn(all, comment.by) })}</figcaption>
			<p class="text" dir="auto">{comment.text}</p>
		</figure>
	);
};
