// Taking the whole room out: as a PDF for reading, or as a ZIP with everything and the record by which it can be checked. It is opened and
// put together in this browser; what comes out is in clear, and the page says so before it begins. Staff say why, and the room is told.

import { useEffect, useRef, useState } from "preact/hooks";
import type { RoomView } from "../../client/api.js";
import type { ExportPiece } from "../../export/collect.js";
import type { Told } from "../../export/worker.js";
import { ownZone } from "../../export/words.js";
import { engine } from "../engine.js";
import { proven } from "../passkey/ceremony.js";
import { Button, Choice, Dialog, Notice, useAct } from "../parts.js";
import { say, use, useSpeech } from "../state.js";
import { Progress, Saved, useReady, type Form } from "./progress.js";
import { run, type Running } from "./run.js";
import { chooseFile, forgetFile } from "./save.js";
import { announcement, blank, Why } from "./why.js";

const named = (form: Form): string => `luotsi-${new Date().toISOString().slice(0, 10)}.${form === "archive" ? "zip" : "pdf"}`;

export const TakeOut = ({ view, onClose }: { view: RoomView; onClose: () => void }) => {
	const { t, language } = useSpeech();
	const shared = use((all) => all.shared);
	const staff = use((all) => all.self?.role !== "client");
	const [form, choose] = useState<Form>("document");
	const [why, setWhy] = useState(blank);
	const [at, setAt] = useState<{ piece: ExportPiece | null; written: number } | null>(null);
	const running = useRef<Running | null>(null);
	const stopped = useRef(false);
	const result = useReady();
	const taking = useAct();
	const cancel = (): void => {
		stopped.current = true;
		void engine().work("exportStop", view.room).catch(() => undefined);
		void running.current?.cancel();
	};
	useEffect(() => cancel, []);

	const take = async (file: FileSystemFileHandle | undefined): Promise<void> => {
		const asked = { form, language, notes: staff && why.notes, announce: staff ? announcement(t, why) : "" };
		await proven(() => engine().work("exportBegin", view.room, asked));
		if (stopped.current) throw { word: "cancelled" };
		const begin: Extract<Told, { begin: string }> = form === "archive" ? { begin: "archive", ...(file && { file }) } : { begin: "document", language, zone: ownZone() };
		running.current = run({
			begin, type: form === "archive" ? "application/zip" : "application/pdf", next: () => engine().work("exportNext", view.room),
			progress: (piece, written) => setAt({ piece, written }),
		});
		const { blob, size } = await running.current.done;
		result.put(blob, blob ? named(form) : (file?.name ?? named(form)), size);
		say(t("takeout.ready"));
	};
	const start = async (): Promise<void> => {
		result.clear();
		stopped.current = false;
		const file = form === "archive" ? await chooseFile(named(form)) : undefined;
		setAt({ piece: null, written: 0 });
		try {
			await take(file);
		} catch (thrown) {
			await forgetFile(file);
			throw thrown;
		}
	};
	const cancelled = taking.word === "cancelled";
	const options = [["document", t("takeout.document")], ["archive", t("takeout.archive")]] as const;
	const may = !staff || why.reason.trim() !== "";
	return (
		<Dialog title={t(staff ? "takeout.open_staff" : "takeout.title")} onClose={onClose}>
			<p>{t(staff ? "takeout.text_staff" : "takeout.text")}</p>
			<Choice legend={t("takeout.form")} value={form} onChange={choose} options={options} />
			<p class="hint">{t(form === "archive" ? "takeout.archive_text" : "takeout.document_text")}</p>
			{staff && <Why why={why} onChange={setWhy} />}
			<Notice kind="warning"><p>{t(shared ? "takeout.shared" : "takeout.clear")}</p></Notice>
			{taking.error && !cancelled && <Notice kind="error"><p>{taking.error}</p></Notice>}
			{cancelled && <p role="status">{t("takeout.cancelled")}</p>}
			{at && <Progress at={at.piece} written={at.written} onCancel={cancel} />}
			{result.ready && <Saved ready={result.ready} />}
			{!at && <Button kind={result.ready ? "plain" : "main"} busy={taking.busy} disabled={!may} onClick={() => void taking.act(start).finally(() => setAt(null))}>{t("takeout.start")}</Button>}
			{form === "archive" && <p><a href="/tarkistus.html" download="luotsi-tarkistus.html">{t("takeout.checker")}</a></p>}
			{form === "archive" && <p class="hint">{t("takeout.checker_sum")} <code class="sum">{VERIFY_SUM}</code></p>}
		</Dialog>
	);
};
