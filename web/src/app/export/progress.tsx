// How far the taking out is, and what is ready.

import { useEffect, useRef, useState } from "preact/hooks";
import type { ExportPiece } from "../../export/collect.js";
import { Button, Notice } from "../parts.js";
import { use, useSpeech } from "../state.js";

export type Form = "document" | "archive";

export interface Ready {
	/** Undefined: it is in the file already. */
	readonly address: string | undefined;
	readonly name: string;
	readonly size: number;
}

/** The address of what is ready lives as long as the dialog. */
export const useReady = () => {
	const [ready, setReady] = useState<Ready | null>(null);
	const address = useRef<string | undefined>(undefined);
	const drop = (): void => {
		if (address.current) URL.revokeObjectURL(address.current);
		address.current = undefined;
	};
	useEffect(() => drop, []);
	return {
		ready,
		clear: (): void => {
			drop();
			setReady(null);
		},
		put: (blob: Blob | null, name: string, size: number): void => {
			drop();
			address.current = blob ? URL.createObjectURL(blob) : undefined;
			setReady({ address: address.current, name, size });
		},
	};
};

const useSize = (): ((bytes: number) => string) => {
	const { format } = useSpeech();
	return (bytes) => (bytes < 1_000_000 ? `${format.number(Math.ceil(bytes / 1_000))} kB` : `${format.number(Math.round(bytes / 100_000) / 10)} MB`);
};

export const Progress = ({ at, written, onCancel }: { at: ExportPiece | null; written: number; onCancel: () => void }) => {
	const { t, format } = useSpeech();
	const away = use((all) => all.connection !== "online");
	const size = useSize();
	const { step, done, of } = at ?? { step: "reading", done: 0, of: 0 };
	const words = {
		reading: t("takeout.reading", { done: format.number(done), of: format.number(of) }), files: t("takeout.files", { done: size(done), of: size(of) }),
		writing: t("takeout.writing", { done: format.number(done), of: format.number(of) }),
	}[step];
	return (
		<div class="takeout-progress">
			<p id="takeout-progress">{words}</p>
			<progress aria-labelledby="takeout-progress" value={done} max={Math.max(of, 1)} />
			{written > 0 && <p class="hint">{t("takeout.written", { size: size(written) })}</p>}
			<div role="status">{away && <p>{t("takeout.away")}</p>}</div>
			<Button onClick={onCancel}>{t("takeout.cancel")}</Button>
		</div>
	);
};

export const Saved = ({ ready: { address, name, size: bytes } }: { ready: Ready }) => {
	const { t } = useSpeech();
	const size = useSize();
	if (!address) return <Notice kind="good" title={t("takeout.ready")}><p>{t("takeout.in_file", { name, size: size(bytes) })}</p></Notice>;
	return (
		<Notice kind="good" title={t("takeout.ready")}>
			<p><a class="button main" href={address} download={name}>{t("takeout.save", { name, size: size(bytes) })}</a></p>
			<p>{t("takeout.keep_safe")}</p>
		</Notice>
	);
};
