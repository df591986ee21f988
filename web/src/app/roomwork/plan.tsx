// The guidance work of a room beside the talk: goals and steps of both, phases, events, the summary; for staff their notes; the topics.

import { useLayoutEffect, useRef } from "preact/hooks";
import type { BesideProps } from "../beside.js";
import { sentence } from "../engine.js";
import { Button, Icon, Loading, Notice } from "../parts.js";
import { useSpeech } from "../state.js";
import { Events, Gone } from "./events.js";
import { Goals } from "./goals.js";
import { Notes } from "./notes.js";
import { useStaff } from "./parts.js";
import { Phases } from "./phases.js";
import { SummaryPart } from "./summary.js";
import { Topics } from "./topics.js";
import { useWorking } from "./use-work.js";

export const Plan = ({ view, onClose }: BesideProps) => {
	const { t } = useSpeech();
	const staff = useStaff();
	const working = useWorking(view.room);
	const title = useRef<HTMLHeadingElement>(null);
	useLayoutEffect(() => {
		const before = document.activeElement;
		title.current?.focus({ preventScroll: true });
		return () => void setTimeout(() => before instanceof HTMLElement && before.isConnected && before.focus());
	}, []);
	const may = view.phase === "open" && view.canSend;
	const props = { working, may };
	return (
		<div class="plan">
			<header>
				<h1 ref={title} tabIndex={-1}>{t("room.plan")}</h1>
				<Button kind="quiet" onClick={onClose} label={t("plan.close")}><Icon name="close" /></Button>
			</header>
			<p class="hint"><Icon name="lock" /> {t("plan.sealed")}</p>
			{working.failed && (
				<Notice kind="error">
					<p>{sentence(working.failed)}</p>
					<Button small onClick={working.again}>{t("loading.again")}</Button>
				</Notice>
			)}
			{!working.work && !working.failed && <Loading text={t("loading.page")} />}
			{working.work && (
				<>
					<Goals {...props} />
					<Phases {...props} />
					<Events {...props} />
					<SummaryPart {...props} />
					{staff && <Notes {...props} />}
					<Topics room={view.room} may={may} />
					<Gone {...props} />
				</>
			)}
		</div>
	);
};
