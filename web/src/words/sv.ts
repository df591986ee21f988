// Swedish: everyday nouns that join into words like "snöbro" or "björnstig".

import { compounds } from "./compound.js";

export const list = (): readonly string[] =>
	compounds(
		`afton al and ask berg björk björn blåbär bäck dimm ek fjäll fjärils fågel gran gräs gås gädd hallon hare hassel hav hjort hös
		igelkott iller is klipp korp kråk lax ljung lo lund lönn mas mån moln morgon moss myr mård natt norrsken oxel regn ren ripa
		räv sand sjö skogs smultron snö sol sommar strand svan säl sten tall trast varg vinter`,
		`bok bro bänk båt dörr eld fönster gård gunga hatt hus kaffe karta klocka lada lampa lykta mossa ränsel port ros saga spegel
		spis stig stol stuga sång torn trappa väg by`,
	);
