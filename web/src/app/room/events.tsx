// What was done with a room, by whom and when, for its members: the part of the organisation's log that is about it.

import { useState } from "preact/hooks";
import type { RoomView } from "../../client/api.js";
import { Again } from "../again.js";
import { office, type EventRow } from "../office.js";
import { Button, Loading, useAct } from "../parts.js";
import { Table } from "../roles/events.js";
import { useSpeech } from "../state.js";

export const RoomEvents = ({ view }: { view: RoomView }) => {
	const { t } = useSpeech();
	const [rows, setRows] = useState<readonly EventRow[] | null>(null);
	const [more, setMore] = useState(false);
	const asking = useAct();
	const bring = (from: readonly EventRow[]): void =>
		void asking.act(async () => {
			const last = from.at(-1);
			const said = await office("room_events", { room: view.room, ...(last ? { before: last.n } : {}) });
			setRows([...from, ...said.events]);
			setMore(said.more);
		});
	const name = (id: string): string | undefined => (id === view.room ? t("log.this_room") : view.members.find((member) => member.user === id)?.name || undefined);
	return (
		<details class="privacy" onToggle={(event) => event.currentTarget.open && !rows && bring([])}>
			<summary>{t("log.room_title")}</summary>
			<p>{t("log.room_text")}</p>
			<Again error={asking.error} onAgain={() => bring(rows ?? [])} />
			{rows?.length === 0 && <p>{t("log.none")}</p>}
			{rows && rows.length > 0 && <Table rows={rows} name={name} title={t("log.room_title")} />}
			{asking.busy && !rows && <Loading text={t("loading.page")} />}
			{(more || asking.error) && <Button busy={asking.busy} onClick={() => bring(rows ?? [])}>{asking.error ? t("loading.again") : t("event.more")}</Button>}
		</details>
	);
};
