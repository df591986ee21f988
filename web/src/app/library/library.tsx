// The library of assignment templates: the list, one template, the editor, a file that is taken in. Steps within it have no address of
// their own, but the browser's back leads through them.

import { useEffect, useState } from "preact/hooks";
import type { Template } from "../../assignment/template.js";
import { Button, PageTitle } from "../parts.js";
import { use, useSpeech } from "../state.js";
import { Barred } from "./barred.js";
import { newId } from "./data.js";
import { blankTemplate, copyOf } from "./edit.js";
import { Editor } from "./editor.js";
import { Import } from "./import.js";
import { Search } from "./list.js";
import { One } from "./one.js";
import type { Work } from "./saving.js";

export type View =
	| { readonly at: "list" }
	| { readonly at: "one"; readonly id: string }
	| { readonly at: "import" }
	/** By its id in the library, or what is begun here and saved nowhere yet. */
	| { readonly at: "edit"; readonly id: string; readonly work?: Work };

const LIST: View = { at: "list" };

const viewOf = (state: unknown): View =>
	typeof state === "object" && state !== null && "library" in state ? (state.library as View) : LIST;

/** The operator looks after what is shared, and writes nothing. */
const OperatorsList = ({ go }: { go: (view: View) => void }) => {
	const { t } = useSpeech();
	return (
		<>
			<PageTitle>{t("library.title")}</PageTitle>
			<p class="lead">{t("library.operator_text")}</p>
			<Search drafts={false} onPick={(id) => go({ at: "one", id })} />
			<Barred />
		</>
	);
};

const List = ({ go }: { go: (view: View) => void }) => {
	const { t, language } = useSpeech();
	const begin = (kind: "assignment" | "meter"): void => {
		const template = blankTemplate(newId(), kind, language);
		go({ at: "edit", id: template.id, work: { template, edits: 0 } });
	};
	return (
		<>
			<PageTitle>{t("library.title")}</PageTitle>
			<p class="lead">{t("library.text")}</p>
			<div class="row">
				<Button kind="main" icon="plus" onClick={() => begin("assignment")}>{t("library.new")}</Button>
				<Button onClick={() => begin("meter")}>{t("library.new_meter")}</Button>
				<Button onClick={() => go({ at: "import" })}>{t("library.import")}</Button>
			</div>
			<Search onPick={(id) => go({ at: "one", id })} />
		</>
	);
};

export const Library = () => {
	const { t } = useSpeech();
	const role = use((all) => all.self?.role);
	const [view, setView] = useState<View>(viewOf(history.state));
	useEffect(() => {
		const back = (event: PopStateEvent): void => setView(viewOf(event.state));
		addEventListener("popstate", back);
		return () => removeEventListener("popstate", back);
	}, []);
	const go = (next: View): void => {
		history.pushState({ library: next }, "");
		setView(next);
		scrollTo(0, 0);
	};
	const swap = (next: View): void => {
		history.replaceState({ library: next }, "");
		setView(next);
		scrollTo(0, 0);
	};
	const copy = (template: Template, from: string): void => {
		const made = copyOf(template, newId());
		go({ at: "edit", id: made.id, work: { template: made, edits: 0, copyOf: from, unsaved: true } });
	};
	if (role === "client" || role === "dpo" || role === "coordinator") return <p>{t("library.staff_only")}</p>;
	return (
		<div class="library">
			{view.at !== "list" && <Button kind="quiet" icon="back" onClick={() => history.back()}>{t("library.back")}</Button>}
			{view.at === "list" && (role === "operator" ? <OperatorsList go={go} /> : <List go={go} />)}
			{view.at === "one" && <One key={view.id} id={view.id} onEdit={(id) => go({ at: "edit", id })} onCopy={copy} onGone={() => swap(LIST)} />}
			{view.at === "edit" && <Editor key={view.id} view={view} onDone={(id) => swap(id ? { at: "one", id } : LIST)} />}
			{view.at === "import" && <Import onTake={(work) => swap({ at: "edit", id: work.template.id, work })} />}
		</div>
	);
};
