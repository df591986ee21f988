// English: everyday nouns that join into words like "snowbridge" or "bearlantern".

import { compounds } from "./compound.js";

export const list = (): readonly string[] =>
	compounds(
		`alder amber apple autumn bear berry birch brook cedar cloud clover copper coral crane dawn deer dusk eagle ember fern finch fir
		forest fox frost garden goose hare harbor hazel heather heron island ivory juniper lake lark lily lynx maple marsh meadow mist moon
		moss north otter owl pebble pine rain raven reed river robin salmon silver snow spruce summer swan thistle walnut willow`,
		`anchor basket bell bench boat book bottle bridge candle clock coat cottage door drum feather gate hat house kettle ladder
		lantern letter map mitten path pillow saddle song story table tower window`,
	);
