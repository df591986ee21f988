// One message: always says who wrote it, a client, a named counsellor of a named employer, or the system.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { MessageView, SystemLine } from "../../client/api.js";
import { engine, sentence } from "../engine.js";
import { ITEM_LINES, type ItemLine } from "../items.js";
import { Lazy } from "../lazy.js";
import { Button, Icon, Menu, useAct } from "../plain.js";
import { useSpeech } from "../state.js";
import { piecesOf } from "./links.js";

/** Text as text; only https links become links. */
const linked = (text: string): ComponentChildren[] =>
	piecesOf(text).map((part, at) =>
		at % 2 === 1 ? <a key={at} href={part} target="_blank" rel="noopener noreferrer">{part}</a> : part,
	);

export const Author = ({ message }: { message: MessageView }) => {
	const { t, format } = useSpeech();
	const role = message.from === "client" ? t("message.client") : t("message.counsellor", { employer: message.employer });
	return (
		<p class="author">
			<span>
				<strong>{message.mine ? t("message.me") : message.senderName || t("room.somebody")}</strong> <span class="author-role">{role}</span>
			</span>
			<time dateTime={new Date(message.at).toISOString()}>{format.time(message.at)}</time>
		</p>
	);
};

export const Standing = ({ message }: { message: MessageView }) => {
	const { t } = useSpeech();
	const trying = useAct();
	if (!message.mine) return message.edited && !message.deleted ? <p class="standing">{t("message.edited")}</p> : null;
	if (message.state === "failed")
		return (
			<div class="standing failed" role="alert">
				<p><Icon name="warn" /> {t("message.failed")} {sentence(message.error ?? "internal")}</p>
				<Button small busy={trying.busy} onClick={() => void trying.act(() => engine().retry(message.room, message.id))}>{t("message.retry")}</Button>
			</div>
		);
	if (message.deleted) return null;
	return (
		<p class={`standing ${message.state}`}>
			{message.edited && <span>{t("message.edited")} · </span>}
			{message.state !== "sending" && <Icon name="check" />}
			<span>{t(`message.${message.state}`)}</span>
		</p>
	);
};

const Acts = ({ message, onEdit }: { message: MessageView; onEdit: (message: MessageView) => void }) => {
	const { t, format } = useSpeech();
	const [deleting, askDelete] = useState(false);
	return (
		<>
			<Menu label={t("message.acts", { at: format.time(message.at) })} icon="more">
				<button type="button" onClick={() => onEdit(message)}>{t("message.edit")}</button>
				<button type="button" onClick={() => askDelete(true)}>{t("message.delete")}</button>
			</Menu>
			{deleting && <Lazy load={async () => (await import("./deleting.js")).Deleting} props={{ message, onClose: () => askDelete(false) }} />}
		</>
	);
};

const System = ({ line, at }: { line: SystemLine; at: number }) => {
	const { t, format } = useSpeech();
	if (line.opening) return <Lazy load={async () => (await import("./opened.js")).Opened} props={{ opening: line.opening }} />;
	const text = t(`system.${line.what}`, { who: line.who || t("room.somebody"), by: line.by || t("room.somebody") });
	return (
		<p class={line.what === "keys_reset" ? "system-line strong" : "system-line"}>
			<span class="vh">{t("message.system")} </span>
			{text} <time dateTime={new Date(at).toISOString()}>{format.time(at)}</time>
		</p>
	);
};

export const Message = ({ message, onEdit }: { message: MessageView; onEdit: (message: MessageView) => void }) => {
	const { t } = useSpeech();
	if (message.system) return <div class="item" data-id={message.id}><System line={message.system} at={message.at} /></div>;
	if (message.quarantine || message.erased || (message.locked && !message.item))
		return <div class="item" data-id={message.id}><Lazy load={async () => (await import("./unshown.js")).Unshown} props={{ message }} /></div>;
	if (message.item) return <div class="item" data-id={message.id}><Lazy load={ITEM_LINES[message.item.kind] as ItemLine} props={{ message }} /></div>;
	const changeable = message.mine && !message.deleted && message.seq !== null;
	return (
		<div class={`item message ${message.mine ? "mine" : "theirs"}`} data-id={message.id}>
			<div class="bubble">
				<Author message={message} />
				{message.deleted ? <p class="deleted">{t("message.deleted")}</p> : <p class="text" dir="auto">{linked(message.text)}</p>}
				<Standing message={message} />
			</div>
			{changeable && <Acts message={message} onEdit={onEdit} />}
		</div>
	);
};
