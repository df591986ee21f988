// Whose keys are certified, until when, and who waits for it.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { StaffView } from "../../client/api.js";
import { Button, Dialog } from "../parts.js";
import { useSpeech } from "../state.js";
import { Certify, Revoke } from "./certify.js";

const SOON = 30 * 24 * 3600 * 1000;

const isSoon = ({ state, until }: StaffView): boolean => state === "certified" && until !== null && until - Date.now() < SOON;
const waits = ({ state }: StaffView): boolean => state === "waiting" || state === "expired";

type Asked = null | { readonly act: "certify" | "revoke"; readonly user: string };

const Standing = ({ one }: { one: StaffView }) => {
	const { t } = useSpeech();
	if (one.state === "certified" && one.until !== null)
		return (
			<>
				<span>{[t(`staffkeys.role.${one.role}`), one.employer].join(", ")}</span>
				<span class="hint">{t("staffkeys.until", { on: one.until })}</span>
				{isSoon(one) && <span><span class="badge waiting">{t("staffkeys.soon")}</span></span>}
			</>
		);
	if (one.state === "expired" && one.until !== null) return <span>{t("staffkeys.expired", { on: one.until })}</span>;
	if (one.state === "waiting") return <span>{one.anew ? t("staffkeys.anew", { on: one.since, at: one.since }) : t("staffkeys.made", { on: one.since, at: one.since })}</span>;
	return <span>{t(`staffkeys.state.${one.state as "revoked" | "broken"}`)}</span>;
};

const One = ({ one, n, able, ask }: { one: StaffView; n: number; able: boolean; ask: (asked: Asked) => void }) => {
	const { t } = useSpeech();
	const name = one.name || t("staffkeys.unnamed", { n });
	const { user } = one;
	const usable = able && (waits(one) || one.state === "certified");
	return (
		<li>
			<div>
				<strong>{name}</strong>
				<Standing one={one} />
			</div>
			{usable && (
				<div class="row">
					<Button small kind={waits(one) ? "main" : "plain"} label={t(one.state === "certified" ? "staffkeys.renew_name" : "staffkeys.certify_name", { name })} onClick={() => ask({ act: "certify", user })}>
						{t(one.state === "certified" ? "staffkeys.renew" : "staffkeys.certify")}
					</Button>
					{one.name !== "" && <Button small kind="danger" label={t("staffkeys.revoke_name", { name })} onClick={() => ask({ act: "revoke", user })}>{t("staffkeys.revoke")}</Button>}
				</div>
			)}
		</li>
	);
};

const Group = ({ title, empty, children }: { title: string; empty?: string; children: ComponentChildren[] }) => {
	if (children.length === 0 && empty === undefined) return null;
	return (
		<section>
			<h2>{title}</h2>
			{children.length === 0 ? <p>{empty}</p> : <ul class="sessions">{children}</ul>}
		</section>
	);
};

export const StaffKeys = ({ staff, able, onChange }: { staff: readonly StaffView[]; able: boolean; onChange: () => void }) => {
	const { t } = useSpeech();
	const [asked, ask] = useState<Asked>(null);
	const named = [...staff].sort((a, b) => a.name.localeCompare(b.name, "fi") || a.since - b.since);
	const unnamed = named.filter((one) => one.name === "" && one.state !== "no_keys");
	const without = named.filter((one) => one.state === "no_keys").length;
	const row = (one: StaffView) => <One key={one.user} one={one} n={unnamed.indexOf(one) + 1} able={able} ask={ask} />;
	const rows = (which: (one: StaffView) => boolean) => named.filter(which).map(row);
	const of = named.find((one) => one.user === asked?.user);
	const close = (): void => ask(null);
	const done = (): void => {
		close();
		onChange();
	};
	return (
		<>
			<Group title={t("staffkeys.waiting")} empty={t("staffkeys.nobody_waits")}>{rows(waits)}</Group>
			<Group title={t("staffkeys.certified")} empty={t("staffkeys.nobody_certified")}>{rows((one) => one.state === "certified")}</Group>
			<Group title={t("staffkeys.others")}>{rows((one) => one.state === "revoked" || one.state === "broken")}</Group>
			{without > 0 && <p>{t("staffkeys.without", { n: without })}</p>}
			{of && asked?.act === "certify" && <Dialog title={t(of.state === "certified" ? "staffkeys.renew_title" : "staffkeys.certify_title")} onClose={close}><Certify of={of} onDone={done} /></Dialog>}
			{of && asked?.act === "revoke" && <Dialog title={t("staffkeys.revoke_title")} onClose={close}><Revoke of={of} onDone={done} /></Dialog>}
		</>
	);
};
