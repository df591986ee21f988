// Where a passkey may live, in words.

import { DEVICES, type Device } from "../../client/passkey.js";
import { useSpeech } from "../state.js";

export const useDevices = (): readonly (readonly [Device, string])[] => {
	const { t } = useSpeech();
	return DEVICES.map((one) => [one, t(`passkey.device.${one}`)] as const);
};
