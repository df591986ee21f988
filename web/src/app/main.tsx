// The page. The engine's worker is on its way before the first line is drawn (engine.ts).

import "./styles/main.css";
import { render } from "preact";
import { App } from "./app.js";
import { speakPreferred } from "./engine.js";
import { guard } from "./leave.js";
import { startRoute } from "./route.js";
import { sayTooOld } from "./too-old.js";

const able = typeof crypto === "object" && "subtle" in crypto && typeof Worker === "function" && typeof HTMLDialogElement === "function";
const place = document.getElementById("app");

if (!able) sayTooOld();
else if (place) {
	startRoute();
	speakPreferred();
	guard();
	render(<App />, place);
}
