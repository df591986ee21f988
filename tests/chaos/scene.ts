// Who takes part in a run: rooms, each with a client and their counsellor, who have two devices each; a colleague who comes and goes.

import { actorOf, again, connect, openHouse, talk, type House } from "../flow/house.js";
import type { Actor } from "../client/organisation.js";

export interface Device {
	readonly name: string;
	readonly actor: Actor;
	readonly staff: boolean;
	readonly rooms: string[];
	/** The one of a person's devices that writes drafts and sheets, and that invites and adds. */
	readonly first: boolean;
	gone: boolean;
}

export interface Scene {
	readonly house: House;
	readonly devices: Device[];
	readonly rooms: string[];
	/** Whose keys are lost in the middle of the run: they keep no drafts. */
	readonly unlucky: string;
}

/** Ceilings far away, epochs that end often, jobs that do not wait. */
const SETTINGS = {
	epoch_max_messages: "60", posts_per_minute: "100000", requests_per_minute: "1000000", parts_per_minute: "100000", control_entries_per_hour: "60000", connects_per_minute: "1000000",
	first_frame_seconds: "10", max_frame: "262144", outq_bytes: "1048576", notify_delay_seconds: "3600", file_check_seconds: "5", log_check_seconds: "2",
};

export const isOnline = ({ actor }: Device): boolean => actor.events.findLast((event) => event.type === "connection")?.state === "online";

/** Another connection to the database, where the one there was is dead. */
export const database = async (house: House): Promise<void> => {
	await house.db.query("SELECT 1").catch(async () => {
		void house.db.end().catch(() => undefined);
		house.db = await connect(house.service);
	});
};

export const openScene = async (rooms: number): Promise<Scene> => {
	const house = await openHouse(SETTINGS);
	const { counsellor } = house;
	const scene: Scene = { house, devices: [], rooms: [], unlucky: "" };
	for (let i = 0; i < rooms; i++) {
		const { room, client } = await talk(house, `Asiakas ${i}`);
		const second = await again(house, client);
		await second.engine.openRoom(room, "fi");
		scene.rooms.push(room);
		for (const [at, actor] of [client, second].entries()) scene.devices.push({ name: `client${i}${at === 0 ? "a" : "b"}`, actor, staff: false, rooms: [room], first: at === 0, gone: false });
	}
	const second = await again(house, counsellor);
	for (const room of scene.rooms) await second.engine.openRoom(room, "fi");
	for (const [at, actor] of [counsellor, second].entries()) scene.devices.push({ name: `counsellor${at === 0 ? "A" : "B"}`, actor, staff: true, rooms: [...scene.rooms], first: at === 0, gone: false });
	scene.devices.push({ name: "colleague", actor: house.colleague, staff: true, rooms: [], first: false, gone: false });
	return { ...scene, unlucky: scene.devices[0]?.actor.user ?? "" };
};

export const patiently = async <T>(what: string, ms: number, work: Promise<T>): Promise<T> => {
	let timer: ReturnType<typeof setTimeout> | undefined;
	const late = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(Object.assign(new Error(what), { word: "uncertain" })), ms)));
	return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

/** A browser of this person that has seen nothing before. */
export const fresh = async (house: House, user: string, passphrase: string): Promise<Actor> => {
	await database(house);
	const actor = await actorOf(house, { person: user, role: "" });
	house.open.push(actor);
	await actor.engine.start();
	await actor.engine.unlock({ passphrase });
	return actor;
};
