// Taking the whole room out: as a PDF for reading, or as a ZIP with everything and the record by which it can be checked. It is opened and
// put together in this browser; what comes out is in clear, and the page says so before it begins.

import { useEffect, useRef, useState } from "preact/hooks";
import strongFont from "@expo-google-fonts/source-sans-3/600SemiBold/SourceSans3_600SemiBold.ttf";
import plainFont from "@expo-google-fonts/source-sans-3/400Regular/SourceSans3_400Regular.ttf";
import type { RoomView } from "../../client/api.js";
import type { Told } from "../../export/worker.js";
import { TEXTS, type PlainWords } from "../../export/words.js";
import { EVENTS } from "../../roomwork/content.js";
import { engine } from "../engine.js";
import { proven } from "../passkey/ceremony.js";
import { Button, Choice, Dialog, Notice, useAct } from "../parts.js";
import { say, use, useSpeech } from "../state.js";
import { run, type Running } from "./run.js";

type Form = "document" | "archive";

const LOCALES = { fi: "fi-FI", sv: "sv-FI", en: "en-GB" } as const;

const fontAt = async (path: string, signal: AbortSignal): Promise<Uint8Array> => {
	const answer = await fetch(new URL(path.replace(/^\.\//, "/"), location.origin), { signal }).catch(() => {
		throw { word: signal.aborted ? "cancelled" : "offline" };
	});
	return new Uint8Array(await answer.arrayBuffer());
};

const useBegin = () => {
	const { t, language } = useSpeech();
	return async (form: Form, signal: AbortSignal): Promise<Told> => {
		if (form === "archive") return { begin: "archive", readme: t("takeout.readme") };
		const texts = Object.fromEntries(TEXTS.map((one) => [one, t(`takeout.doc.${one}`)])) as PlainWords["texts"];
		const events = Object.fromEntries(EVENTS.map((one) => [one, t(`plan.what.${one}`)])) as PlainWords["events"];
		const [plain, strong] = await Promise.all([fontAt(plainFont, signal), fontAt(strongFont, signal)]);
		return { begin: "document", fonts: { plain, strong }, words: { locale: LOCALES[language], texts, events } };
	};
};

interface Ready {
	readonly address: string;
	readonly name: string;
	readonly size: number;
}

const named = (form: Form): string => {
	const day = new Date().toISOString().slice(0, 10);
	return `luotsi-${day}.${form === "archive" ? "zip" : "pdf"}`;
};

/** The address of what is ready lives as long as the dialog. */
const useReady = () => {
	const [ready, setReady] = useState<Ready | null>(null);
	const address = useRef<string | null>(null);
	const drop = (): void => {
		if (address.current) URL.revokeObjectURL(address.current);
		address.current = null;
	};
	useEffect(() => drop, []);
	return {
		ready,
		clear: (): void => {
			drop();
			setReady(null);
		},
		put: (blob: Blob, form: Form): void => {
			drop();
			address.current = URL.createObjectURL(blob);
			setReady({ address: address.current, name: named(form), size: blob.size });
		},
	};
};

const Progress = ({ done, of, onCancel }: { done: number; of: number; onCancel: () => void }) => {
	const { t } = useSpeech();
	return (
		<div class="takeout-progress">
			<p id="takeout-progress">{t("takeout.progress", { done, of })}</p>
			<progress aria-labelledby="takeout-progress" value={done} max={Math.max(of, 1)} />
			<Button onClick={onCancel}>{t("takeout.cancel")}</Button>
		</div>
	);
};

const size = (bytes: number): string => (bytes < 1_000_000 ? `${Math.ceil(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`);

const Saved = ({ ready }: { ready: Ready }) => {
	const { t } = useSpeech();
	return (
		<Notice kind="good" title={t("takeout.ready")}>
			<p><a class="button main" href={ready.address} download={ready.name}>{t("takeout.save", { name: ready.name, size: size(ready.size) })}</a></p>
			<p>{t("takeout.keep_safe")}</p>
		</Notice>
	);
};

export const TakeOut = ({ view, onClose }: { view: RoomView; onClose: () => void }) => {
	const { t, language } = useSpeech();
	const shared = use((all) => all.shared);
	const [form, choose] = useState<Form>("document");
	const [at, setAt] = useState<{ done: number; of: number } | null>(null);
	const running = useRef<Running | null>(null);
	const stop = useRef(new AbortController());
	const result = useReady();
	const taking = useAct();
	const begin = useBegin();
	const cancel = (): void => {
		stop.current.abort();
		running.current?.cancel();
		running.current = null;
		void engine().work("exportStop", view.room).catch(() => undefined);
	};
	useEffect(() => cancel, []);

	const take = async (): Promise<void> => {
		const { of } = await proven(() => engine().work("exportBegin", view.room, form, language));
		setAt({ done: 0, of });
		const first = await begin(form, stop.current.signal);
		if (stop.current.signal.aborted) throw { word: "cancelled" };
		const one = run({
			begin: first, type: form === "archive" ? "application/zip" : "application/pdf",
			next: () => engine().work("exportNext", view.room), progress: (done, all) => setAt({ done, of: all }),
		});
		running.current = one;
		result.put(await one.done, form);
		say(t("takeout.ready"));
	};
	const start = (): void => {
		result.clear();
		stop.current = new AbortController();
		void taking.act(take).finally(() => setAt(null));
	};
	const cancelled = taking.word === "cancelled";
	const options = [["document", t("takeout.document")], ["archive", t("takeout.archive")]] as const;
	return (
		<Dialog title={t("takeout.title")} onClose={onClose}>
			<p>{t("takeout.text")}</p>
			<Choice legend={t("takeout.form")} value={form} onChange={choose} options={options} />
			<p class="hint">{t(form === "archive" ? "takeout.archive_text" : "takeout.document_text")}</p>
			<Notice kind="warning"><p>{t(shared ? "takeout.shared" : "takeout.clear")}</p></Notice>
			{taking.error && !cancelled && <Notice kind="error"><p>{taking.error}</p></Notice>}
			{cancelled && <p role="status">{t("takeout.cancelled")}</p>}
			{at && <Progress done={at.done} of={at.of} onCancel={cancel} />}
			{result.ready && <Saved ready={result.ready} />}
			{!at && <Button kind={result.ready ? "plain" : "main"} busy={taking.busy} onClick={start}>{t("takeout.start")}</Button>}
			{form === "archive" && <p><a href="/tarkistus.html" download="luotsi-tarkistus.html">{t("takeout.checker")}</a></p>}
		</Dialog>
	);
};
