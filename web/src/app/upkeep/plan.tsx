// One colleague's plan in an administrator's hands: where they work, when they are absent, when they leave; and, for a reason, what is
// kept of them beside the list.

import { useEffect, useState } from "preact/hooks";
import type { Ops } from "../../gen/proto.js";
import { dayText } from "../assignment/words.js";
import { office, type StaffRow } from "../office.js";
import { Button, Loading, Notice, useAct } from "../parts.js";
import { Why } from "../roles/why.js";
import { say, useSpeech } from "../state.js";
import { Absent, type Colleague } from "./absent.js";
import { isCounselling, type Plan } from "./data.js";
import { Leaving } from "./leaving.js";

type Offices = Ops["office_list"]["out"]["offices"];
type Kept = Ops["staff_person"]["out"];

const WHY = ["leaving", "absent", "request", "incident"] as const;

const Place = ({ account, plan, offices, onDone }: { account: string; plan: Plan | undefined; offices: Offices; onDone: () => void }) => {
	const { t } = useSpeech();
	const going = useAct();
	const put = (chosen: string): void =>
		void going.act(async () => {
			await office("staff_place", { account, ...(chosen && { office: chosen }) });
			say(t("place.saved"));
			onDone();
		});
	if (offices.length === 0) return null;
	return (
		<section>
			<label class="field">
				<span>{t("place.title")}</span>
				<small class="hint">{t("place.hint")}</small>
				<select value={plan?.office ?? ""} disabled={going.busy} onChange={(event) => put(event.currentTarget.value)}>
					<option value="">{t("place.none")}</option>
					{offices.map((one) => <option key={one.office} value={one.office}>{one.name}</option>)}
				</select>
			</label>
			{going.error && <Notice kind="error"><p>{going.error}</p></Notice>}
		</section>
	);
};

const Facts = ({ kept }: { kept: Kept }) => {
	const { t, format } = useSpeech();
	const facts: readonly (readonly [string, string])[] = [
		[t("person.made"), format.date(kept.made_at)],
		[t("person.last"), `${format.date(kept.last_in)} ${format.time(kept.last_in)}`],
		[t("person.identified"), kept.identified_at === undefined ? t("person.never") : `${format.date(kept.identified_at)} (${kept.provider ?? ""})`],
		[t("person.passkeys"), format.number(kept.passkeys)],
		[t("person.sessions"), format.number(kept.sessions)],
		[t("person.rooms"), t("person.rooms_text", { open: String(kept.rooms_open), closed: String(kept.rooms_closed) })],
		[t("person.trained"), kept.trained_on === undefined ? t("person.never") : dayText(kept.trained_on)],
		[t("person.certified"), kept.certified_until === undefined ? t("person.never") : format.date(kept.certified_until)],
	];
	return <div role="status"><dl class="opening">{facts.flatMap(([name, value]) => [<dt key={name}>{name}</dt>, <dd key={`${name}.`}>{value}</dd>])}</dl></div>;
};

const Person = ({ account }: { account: string }) => {
	const { t } = useSpeech();
	const [kept, know] = useState<Kept | null>(null);
	const asking = useAct();
	const ask = (reason: string): void => void asking.act(async () => know(await office("staff_person", { account, reason })));
	return (
		<details>
			<summary>{t("person.title")}</summary>
			{asking.error && <Notice kind="error"><p>{asking.error}</p></Notice>}
			{kept ? <Facts kept={kept} /> : <Why text={t("person.text")} reasons={WHY.map((one) => t(`person.why.${one}`))} action={t("person.show")} busy={asking.busy} onReason={ask} />}
		</details>
	);
};

export const StaffPlan = ({ of, staff, onDone }: { of: StaffRow; staff: readonly StaffRow[]; onDone: () => void }) => {
	const { t } = useSpeech();
	const [plans, setPlans] = useState<readonly Plan[] | null>(null);
	const [offices, setOffices] = useState<Offices>([]);
	const asking = useAct();
	const bring = (): void => void asking.act(async () => {
		const [all, where] = await Promise.all([office("plan_list", {}), office("office_list", {})]);
		setPlans(all.plans);
		setOffices(where.offices);
	});
	useEffect(bring, []);
	const done = (): void => {
		bring();
		onDone();
	};
	if (asking.error) return <Notice kind="error"><p>{asking.error}</p><Button small onClick={bring}>{t("loading.again")}</Button></Notice>;
	if (!plans) return <Loading text={t("loading.page")} />;
	const plan = plans.find((one) => one.account === of.account);
	const among: readonly Colleague[] = staff.filter((one) => isCounselling(one) && one.account !== of.account).map((one) => ({ user: one.account, name: one.name || t(`staff.role.${one.role}`) }));
	return (
		<>
			<Place account={of.account} plan={plan} offices={offices} onDone={done} />
			{isCounselling(of) && (
				<>
					<section><h3>{t("absence.title")}</h3><Absent key={`${plan?.absent_from} ${plan?.deputy}`} plan={plan} account={of.account} among={among} onDone={done} /></section>
					<Leaving key={`${plan?.leaves_on} ${plan?.successor}`} of={of} plan={plan} among={among} onDone={done} />
				</>
			)}
			<Person account={of.account} />
		</>
	);
};
