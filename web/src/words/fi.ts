// Finnish: everyday nouns that join into words like "lumisilta" or "karhupolku".

import { compounds } from "./compound.js";

export const list = (): readonly string[] =>
	compounds(
		`aamu aurinko hanhi hauki hiekka hirvi honka ilta joki joutsen jänis kaarna kaisla kallio kanerva karhu kataja kesä kettu kevät
		kivi koivu korppi kuu kuura kuusi lampi leppä lintu lohi lokki lumi mansikka marja metsä mustikka mäki niitty norppa orava
		peura pihlaja pilvi poro puolukka pyry rannikko revontuli ruska saari sammal sorsa susi suvi syksy talvi tammi tuuli tähti usva
		vadelma vaahtera ahven myrsky`,
		`aitta askel hattu huivi ikkuna kahvila kartta kello kirja koti kylä laiva laulu leipä lyhty matka nuotio ovi peili polku
		portti reppu saapas silta soutu tarina torni tuoli tupa uuni vene viitta`,
	);
