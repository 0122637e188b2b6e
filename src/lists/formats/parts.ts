/**
 * Which part of a big published collection serves one of our categories: folders of UT1 and squidGuard, files of v2fly.
 * An archive of sixty themes imported "into gambling" must not close banks and universities, so only the parts named here
 * are taken by themselves; anything else the admin names (`--only`). Names of parts are those of the publishers.
 */

/** Folder of UT1 (Toulouse) or squidGuard → our category codes. */
const UT1_PARTS: Readonly<Record<string, readonly string[]>> = {
  adult: ['khieudam'], porn: ['khieudam'], mixed_adult: ['khieudam'], lingerie: ['khieudam'],
  gambling: ['cobac'], gamble: ['cobac'], arjel: ['cobac'],
  drogue: ['matuy'], drugs: ['matuy'],
  phishing: ['luadao'], suspect: ['luadao'], fakenews: ['luadao'],
  malware: ['madoc'], cryptojacking: ['madoc'], ddos: ['madoc'], stalkerware: ['madoc'], spyware: ['madoc'], hacking: ['madoc'], virusinfected: ['madoc'],
  dangerous_material: ['vukhi'], weapons: ['vukhi'],
  agressif: ['baoluc'], aggressive: ['baoluc'], aggr: ['baoluc'], violence: ['baoluc'],
  tobacco: ['thuocla'], alcohol: ['ruoubia'],
  dating: ['henho'],
  games: ['game00', 'game12', 'game16', 'game18'], educational_games: ['game00'],
  social_networks: ['mxh'], blog: ['mxh'], forums: ['mxh'],
  chat: ['nhantin'], webmail: ['nhantin'], mail: ['nhantin'],
  ai: ['ai'],
  warez: ['philau', 'taitep'], download: ['taitep'], filehosting: ['taitep'],
  'audio-video': ['phimnhac'], manga: ['phimnhac'], radio: ['phimnhac'],
  vpn: ['vpn'], doh: ['vpn'], proxy: ['vpn'], redirector: ['vpn'], strict_redirector: ['vpn'], strong_redirector: ['vpn'], 'residential-proxies': ['vpn'],
  'remote-control': ['vpn'], translation: ['vpn'], anonvpn: ['vpn'],
  tricheur: ['gianlan'], examen_pix: ['gianlan'],
  shopping: ['muasam'], bitcoin: ['taichinh'],
  astrology: ['mantin'], sect: ['mantin'],
  ads: ['quangcao'], publicite: ['quangcao'], tracking: ['quangcao'], tracker: ['quangcao'],
  press: ['baochi'], sexual_education: ['suckhoe'], liste_bu: ['hoclieu'], child: ['hoclieu'], liste_blanche: ['hoclieu'], whitelist: ['hoclieu'], update: ['hatang'],
};

/** File of v2fly/domain-list-community → our category codes. */
const V2FLY_PARTS: Readonly<Record<string, readonly string[]>> = {
  'category-porn': ['khieudam'],
  'category-betting-ru': ['cobac'],
  'category-ads-all': ['quangcao'],
  'category-vpnservices': ['vpn'], 'category-anticensorship': ['vpn'], 'category-proxy-tunnels': ['vpn'], 'category-doh': ['vpn'], 'category-remote-control': ['vpn'],
  'category-social-media-!cn': ['mxh'], 'category-forums': ['mxh'],
  'category-communication': ['nhantin'], 'category-voip': ['nhantin'],
  'category-ai-!cn': ['ai'], 'category-ai-cn': ['ai'],
  'category-games': ['game00', 'game12', 'game16', 'game18'],
  'category-entertainment': ['phimnhac'], 'category-novel': ['phimnhac'],
  'category-pt': ['taitep'], 'category-public-tracker': ['taitep'], 'category-netdisk-!cn': ['taitep'],
  'category-ecommerce': ['muasam'],
  'category-cryptocurrency': ['taichinh'], 'category-finance': ['taichinh'],
  'category-scholar-!cn': ['hoclieu'], 'category-ntp': ['hatang'],
};

/** The parts of a collection that serve a category, in the order given. */
export function partsFor(kind: 'ut1' | 'v2fly', parts: readonly string[], category: string | null): string[] {
  const table = kind === 'ut1' ? UT1_PARTS : V2FLY_PARTS;
  return category === null ? [] : parts.filter((part) => table[part]?.includes(category) === true);
}
