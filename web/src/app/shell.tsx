// What is around every page: skip link, name, language, menu, the way out, the connection's banner and the screen reader's ear.

import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type { Language } from "../client/api.js";
import { speak } from "./engine.js";
import { Lazy } from "./lazy.js";
import { exitNow, lock, signOut } from "./leave.js";
import { Button, Icon, Menu } from "./plain.js";
import { goTo } from "./route.js";
import { use, useSpeech } from "./state.js";

const names: readonly (readonly [Language, string])[] = [
	["fi", "Suomi"],
	["sv", "Svenska"],
	["en", "English"],
];

const LanguageSwitch = () => {
	const { t, language } = useSpeech();
	return (
		<select class="language" aria-label={t("shell.language")} value={language} onChange={(event) => void speak(event.currentTarget.value as Language)}>
			{names.map(([code, name]) => (
				<option key={code} value={code} lang={code}>{name}</option>
			))}
		</select>
	);
};

const MainMenu = () => {
	const { t } = useSpeech();
	const here = use((all) => all.stage === "here");
	const keys = use((all) => all.self?.keys);
	const open = keys === "open";
	return (
		<Menu label={t("shell.menu")} icon="more">
			<button type="button" onClick={() => goTo("help")}>{t("shell.help")}</button>
			{(open || keys === "without") && <button type="button" onClick={() => goTo("account")}>{t("shell.account")}</button>}
			{open && <button type="button" onClick={() => void lock()}>{t("shell.lock")}</button>}
			{here && <button type="button" onClick={() => void signOut()}>{t("shell.sign_out")}</button>}
		</Menu>
	);
};

/** In the page itself: as a file it would cost a slow line one more handshake. */
const Logo = () => (
	<svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
		<rect width="32" height="32" fill="#002f6c" />
		<path d="M16 5v17M16 5l9 15H16z" fill="#fff" stroke="#fff" />
		<path d="M13 10v10H8z" fill="#a7c9f2" />
		<path d="M5 23c4 4 18 4 22 0" fill="none" stroke="#fff" stroke-width="2" />
	</svg>
);

const Brand = () => {
	const { t } = useSpeech();
	return (
		<a class="brand" href="/" aria-label={t("shell.home")} onClick={(event) => { event.preventDefault(); goTo("home"); }}>
			<Logo />
			<span>Luotsi</span>
		</a>
	);
};

const Header = () => {
	const { t } = useSpeech();
	const name = use((all) => (all.self?.keys === "open" ? all.self.name : ""));
	const organisation = use((all) => all.self?.organisation ?? "");
	return (
		<header class="top">
			<Brand />
			<span class="top-who">{[name, organisation].filter(Boolean).join(" · ")}</span>
			<LanguageSwitch />
			<MainMenu />
			<button type="button" class="button exit" title={t("exit.hint")} onClick={exitNow}>
				<Icon name="exit" />
				<span>{t("exit.button")}</span>
			</button>
		</header>
	);
};

const Banner = () => {
	const { t } = useSpeech();
	const connection = use((all) => all.connection);
	const here = use((all) => all.stage === "here");
	const away = here && connection !== "online" && connection !== "ended";
	return (
		<div class="banner-place" role="status">
			{away && (
				<p class="banner">
					<span class="spinner" aria-hidden="true" />
					{connection === "offline" ? t("connection.offline") : t("connection.connecting")}
				</p>
			)}
		</div>
	);
};

const Ear = () => {
	const spoken = use((all) => all.spoken);
	return (
		<div class="vh" aria-live="polite" aria-relevant="additions">
			{spoken.map((line) => <p key={line.key}>{line.text}</p>)}
		</div>
	);
};

const Title = () => {
	const { t } = useSpeech();
	const unread = use((all) => (all.rooms ?? []).reduce((sum, room) => sum + room.unread, 0));
	useEffect(() => {
		document.title = unread > 0 ? t("shell.title_unread", { count: unread }) : "Luotsi";
	}, [unread, t]);
	return null;
};

export const Shell = ({ children, full = false }: { children: ComponentChildren; full?: boolean }) => {
	const { t } = useSpeech();
	const later = use((all) => all.later && all.self?.recovered);
	const warned = use((all) => !!(all.self?.warning ?? all.problem));
	return (
		<div class={full ? "shell full" : "shell"}>
			<a class="skip" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById("main")?.focus(); }}>{t("shell.skip")}</a>
			<Header />
			<Banner />
			{warned && <Lazy load={async () => (await import("./warning.js")).Warning} props={{}} />}
			{later && <Lazy load={async () => (await import("./keys/renew.js")).RenewLater} props={{}} />}
			<main id="main" tabIndex={-1} class={full ? "workspace" : "page"}>{children}</main>
			<Ear />
			<Title />
		</div>
	);
};

export const Problem = ({ title, text, action, onAction }: { title: string; text: string; action: string; onAction: () => void }) => (
	<section class="problem">
		<h1>{title}</h1>
		<p>{text}</p>
		<Button kind="main" onClick={onAction}>{action}</Button>
	</section>
);
