// What all pieces about files share: pictures of kinds, sizes in words, saving.

import type { Family, TransferView } from "../../client/api.js";
import { engine } from "../engine.js";
import { Button } from "../parts.js";
import { useSpeech } from "../state.js";

const paths: Readonly<Record<Family | "clip" | "camera", string>> = {
	picture: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.500 8.500v.5",
	pdf: "M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 15h6M9 18h3",
	text: "M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 15h6",
	office: "M6 3h8l4 4v14H6zM14 3v4h4M9 11h6v7H9zM9 14.500h6M12 11v7",
	sound: "M9 18V6l10-2v12M9 18a2.500 2.500 0 11-5 0 2.500 2.500 0 015 0zM19 16a2.500 2.500 0 11-5 0 2.500 2.500 0 015 0z",
	video: "M4 6h12v12H4zM16 10l5-3v10l-5-3",
	clip: "M8 12l6-6a3 3 0 014.500 4.500l-8 8a5 5 0 01-7-7L11 4",
	camera: "M4 8h3l2-3h6l2 3h3v11H4zM12 10a3.500 3.500 0 100 7 3.500 3.500 0 000-7z",
};

export const FileIcon = ({ of }: { of: keyof typeof paths }) => (
	<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
		<path d={paths[of]} />
	</svg>
);

/** 3,2 Mt, 12 kt: in steps of a thousand. */
export const useSize = (): ((bytes: number) => string) => {
	const { t, format } = useSpeech();
	return (bytes) => {
		if (bytes < 1_000) return t("files.bytes", { n: bytes });
		if (bytes < 1_000_000) return t("files.kilobytes", { n: format.number(Math.round(bytes / 1_000)) });
		return t("files.megabytes", { n: format.number(Math.round(bytes / 100_000) / 10) });
	};
};

const KEPT_MS = 60_000; // browsers read the address after the click

/** As a download, whatever is in it: never opened in a page of ours. */
export const save = (file: Blob, name: string): void => {
	const link = document.createElement("a");
	link.href = URL.createObjectURL(new Blob([file], { type: "application/octet-stream" }));
	link.download = name;
	link.hidden = true;
	document.body.append(link);
	link.click();
	link.remove();
	setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
};

/** How far a transfer is, as a bar that is also said in words. */
export const Progress = ({ of }: { of: TransferView }) => {
	const { t } = useSpeech();
	const size = useSize();
	const name = of.up ? t("files.sending_name", { name: of.name }) : t("files.fetching_name", { name: of.name });
	return (
		<>
			<progress max={of.size} value={of.moved} aria-label={name} />
			<span class="hint">{of.state === "moving" ? t("files.moved", { moved: size(of.moved), size: size(of.size) }) : t(`files.state.${of.state}`)}</span>
		</>
	);
};

export const Stop = ({ of }: { of: TransferView }) => {
	const { t } = useSpeech();
	const stop = (): void => void engine().work("cancelFile", of.room, of.id).catch(() => undefined);
	return (
		<Button small kind="quiet" label={t("files.cancel_name", { name: of.name })} onClick={stop}>{t("files.cancel")}</Button>
	);
};
