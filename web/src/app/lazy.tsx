// A component that is fetched when it is first drawn; when the network fails, it can be asked for again.

import type { FunctionComponent } from "preact";
import { useEffect, useState } from "preact/hooks";
import { wholeSpeech } from "./engine.js";
import { lateStyle } from "./late.js";
import { Button, Loading } from "./plain.js";
import { useSpeech } from "./state.js";

const LATER_MS = 1_500;

/** Something that nobody waits for: it comes a moment after the page, and until then there is nothing. */
export const Later = <P extends object>({ load, props }: { load: () => Promise<FunctionComponent<P>>; props: P }) => {
	const [known, know] = useState<FunctionComponent<P> | null>(null);
	useEffect(() => {
		const timer = setTimeout(() => void Promise.all([load(), wholeSpeech(), lateStyle()]).then(([component]) => know(() => component), () => undefined), LATER_MS);
		return () => clearTimeout(timer);
	}, []);
	const Component = known;
	return Component && <Component {...props} />;
};

interface LazyProps<P> {
	load: () => Promise<FunctionComponent<P>>;
	props: P;
	/** Nothing stands in its place meanwhile. */
	quiet?: boolean;
}

export const Lazy = <P extends object>({ load, props, quiet }: LazyProps<P>) => {
	const [known, know] = useState<FunctionComponent<P> | null>(null);
	const [failed, fail] = useState(false);
	const { t } = useSpeech();
	const bring = (): void => {
		fail(false);
		Promise.all([load(), wholeSpeech(), lateStyle()]).then(([component]) => know(() => component), () => fail(true));
	};
	useEffect(bring, []);
	const Component = known;
	if (Component) return <Component {...props} />;
	if (quiet && !failed) return null;
	if (!failed) return <Loading text={t("loading.page")} />;
	return (
		<div role="alert">
			<p>{t("loading.failed")}</p>
			<Button onClick={bring}>{t("loading.again")}</Button>
		</div>
	);
};
