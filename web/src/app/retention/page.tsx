// Retention, for those who answer for an organisation's data: how long what is kept, what would go when, what is held back, and what
// has gone. A data protection officer sees the same as an admin, and changes no rule.

import { useEffect, useState } from "preact/hooks";
import { office } from "../office.js";
import { Button, Loading, Notice, useAct } from "../parts.js";
import { use, useSpeech } from "../state.js";
import { Certificates } from "./certificates.js";
import type { Rule, Version } from "./data.js";
import { DryRun } from "./dry.js";
import { Holds } from "./holds.js";
import { Rules } from "./rules.js";

export const Retention = () => {
	const { t } = useSpeech();
	const admin = use((all) => all.self?.role === "admin");
	const [rules, setRules] = useState<readonly Rule[] | null>(null);
	const [versions, setVersions] = useState<readonly Version[]>([]);
	const asking = useAct();
	const bring = (): void =>
		void asking.act(async () => {
			const said = await office("retention_list", {});
			setRules(said.rules);
			setVersions(said.versions);
		});
	useEffect(bring, []);
	if (asking.error && !rules)
		return (
			<Notice kind="error">
				<p>{asking.error}</p>
				<Button onClick={bring}>{t("loading.again")}</Button>
			</Notice>
		);
	if (!rules) return <Loading text={t("loading.page")} />;
	return (
		<>
			<p>{t("retention.text")}</p>
			<Rules rules={rules} versions={versions} admin={admin} onChange={bring} />
			<DryRun />
			<Holds />
			<Certificates />
		</>
	);
};
