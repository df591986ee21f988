// The page. The engine's worker is on its way before the first line is drawn (engine.ts).

import "./styles/main.css";
import { render } from "preact";
import { App } from "./app.js";
import { speakPreferred } from "./engine.js";
import { guard } from "./leave.js";
import { startRoute } from "./route.js";

const able = typeof crypto === "object" && "subtle" in crypto && typeof Worker === "function" && typeof HTMLDialogElement === "function";
const place = document.getElementById("app");

if (!able) void import("./too-old.js").then(({ sayTooOld }) => sayTooOld());
else if (place) {
	startRoute();
	speakPreferred();
	guard();
	render(<App />, place);
}
