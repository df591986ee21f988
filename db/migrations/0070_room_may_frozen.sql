-- As in 0058, and in a frozen room what both tables' rows allow (0047).
CREATE OR REPLACE FUNCTION room_may(p_room uuid, p_act text) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
	RETURN coalesce((SELECT agreement_may(room_allows(a.allows, r.frozen_until), p_act)
		FROM room r JOIN agreement a USING (org, agreement) WHERE r.room = p_room), false);
END
$$;
