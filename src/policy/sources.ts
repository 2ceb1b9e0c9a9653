// Networks that callers may come from. Judges addresses as they are told; whose they are is for the listener to say.
import { BlockList, isIP } from 'node:net';

const MAPPED = '::ffff:';

/** A network in CIDR form, or one address; undefined where it is neither, or where every address would be in it. */
export function readNetwork(text: string): { readonly address: string; readonly prefix: number } | undefined {
  const [address = '', length, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || address.includes('%') || rest.length > 0) return undefined;
  const most = version === 4 ? 32 : 128;
  if (length === undefined) return { address, prefix: most };
  const prefix = /^\d{1,3}$/.test(length) ? Number(length) : 0;
  return prefix >= 1 && prefix <= most ? { address, prefix } : undefined;
}

/** @param networks as `readNetwork` takes them */
export function compileSources(networks: readonly string[]): (client: string | undefined) => boolean {
  const list = new BlockList();
  for (const text of networks) {
    const network = readNetwork(text);
    if (network === undefined) throw new TypeError('a network that was not checked');
    list.addSubnet(network.address, network.prefix, isIP(network.address) === 4 ? 'ipv4' : 'ipv6');
  }
  return remember((client) => {
    const address = client.startsWith(MAPPED) ? client.slice(MAPPED.length) : client;
    const version = isIP(address);
    return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6');
  });
}

/** Callers of one issuer come from a few addresses. */
const REMEMBERED = 64;

/** A look into the list costs microseconds, and each connection brings many calls. */
function remember(isIn: (client: string) => boolean): (client: string | undefined) => boolean {
  const known = new Map<string, boolean>();
  return (client) => {
    if (client === undefined) return false;
    const before = known.get(client);
    if (before !== undefined) return before;
    if (known.size >= REMEMBERED) known.clear();
    const found = isIn(client);
    known.set(client, found);
    return found;
  };
}
