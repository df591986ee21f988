// Back from the identity provider: a moment's wait, then the rooms or the first-time page; or a page that says what to do next.

import { useEffect, useState } from "preact/hooks";
import { beginAgain } from "./engine.js";
import { arrive, choose, type Choice, type Outcome, type Trouble } from "./identify.js";
import { Button, Loading, Notice, PageTitle, useAct } from "./parts.js";
import { set, use, useSpeech } from "./state.js";

const onward = (): void => set({ returned: null });

const again = (): void => {
	onward();
	void beginAgain();
};

const Sorry = ({ what }: { what: Trouble }) => {
	const { t } = useSpeech();
	return (
		<>
			<PageTitle>{t(`identify.${what}`)}</PageTitle>
			<p class="lead">{t(`identify.${what}_text`)}</p>
			<p>{t(`identify.${what}_next`)}</p>
			<Button kind="main" onClick={again}>{t("identify.again")}</Button>
		</>
	);
};

const Choices = ({ choices }: { choices: readonly Choice[] }) => {
	const { t } = useSpeech();
	const choosing = useAct();
	const take = ({ choice }: Choice): void =>
		void choosing.act(async () => {
			await choose(choice);
			onward();
		});
	return (
		<>
			<PageTitle>{t("identify.choose")}</PageTitle>
			<p>{t("identify.choose_text")}</p>
			{choosing.error && <Notice kind="error"><p>{choosing.error}</p></Notice>}
			<ul class="people">
				{choices.map((one) => (
					<li key={one.choice}>
						<button type="button" class="person" disabled={choosing.busy} onClick={() => take(one)}>
							<strong>{one.organisation}</strong>
						</button>
					</li>
				))}
			</ul>
		</>
	);
};

export const Return = () => {
	const { t } = useSpeech();
	const returned = use((all) => all.returned);
	const [outcome, know] = useState<Outcome | null>(null);
	useEffect(() => {
		if (!returned) return;
		void arrive(returned).then((became) => (became.what === "signed_in" ? onward() : know(became)));
	}, []);
	if (!outcome || outcome.what === "signed_in")
		return (
			<>
				<PageTitle>{t("identify.returning")}</PageTitle>
				<Loading text={t("loading.page")} />
			</>
		);
	return outcome.what === "choose" ? <Choices choices={outcome.choices} /> : <Sorry what={outcome.what} />;
};
