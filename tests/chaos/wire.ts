// The line between the clients' network namespace and the service's: wire.c, and addresses and routes so that 127.0.0.1 is the
// service's from both, at the ports of services. Nobody who talks over it needs to know.

import { spawn, spawnSync, type ChildProcess } from "node:child_process";

const SCRIPT = `set -e
for n in "$1" "$2"; do
	ip netns exec "$n" ip link set wire up
	ip netns exec "$n" sh -c 'cd /proc/sys/net/ipv4/conf && echo 1 >wire/route_localnet && echo 0 >wire/rp_filter && echo 0 >all/rp_filter'
done
ip netns exec "$1" ip addr add 10.77.0.1 peer 10.77.0.2 dev wire
ip netns exec "$2" ip addr add 10.77.0.2 peer 10.77.0.1 dev wire
ip netns exec "$1" ip route add 127.0.0.1/32 dev wire src 10.77.0.1 table 100
ip netns exec "$1" ip rule add pref 5 ipproto tcp dport 10000-32767 lookup 100
ip netns exec "$1" ip rule add pref 10 lookup local
ip netns exec "$1" ip rule del pref 0
`;

/** Its standard input takes the words of wire.c; it ends with it. */
export const openWire = async (program: string, ends: readonly [string, string], seed: number): Promise<ChildProcess> => {
	const child = spawn(program, [...ends, String(seed)], { stdio: ["pipe", "pipe", "inherit"] });
	await new Promise((resolve, reject) => {
		child.stdout.once("data", resolve);
		child.once("exit", (code) => reject(new Error(`the wire ended with ${code}`)));
	});
	const laid = spawnSync("bash", ["-c", SCRIPT, "line", ...ends], { encoding: "utf8" });
	if (laid.status !== 0) throw new Error(`the line cannot be laid: ${laid.stderr}`);
	return child;
};
