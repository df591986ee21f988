// A template as the client will see it. What is tried in it stays here.

import { useMemo, useState } from "preact/hooks";
import { emptyAnswers, type Answers, type Template } from "../../assignment/template.js";
import { Form } from "../assignment/form.js";

export const Preview = ({ template }: { template: Template }) => {
	const [tried, setTried] = useState<Answers>({});
	// A field may have become one of another kind since it was tried.
	const kinds = template.fields.map((one) => `${one.id} ${one.kind}`).join();
	const answers = useMemo(() => ({ ...emptyAnswers(template), ...tried }), [kinds, tried]);
	return (
		<div class="preview-form">
			<Form template={template} answers={answers} onChange={(field, answer) => setTried((before) => ({ ...before, [field]: answer }))} />
		</div>
	);
};
