/** The PAC file (also served as wpad.dat): sends everything but the gateway and the LAN to the proxy, and never falls back to DIRECT. */

/**
 * @param gateway address or name of the gateway as the client reached it (already checked to be ours)
 * @param port explicit proxy port
 * @param direct more names that are never asked of the proxy: those of the console
 */
export function pacFile(gateway: string, port: number, direct: readonly string[] = []): string {
  const host = gateway.includes(':') ? `[${gateway}]` : gateway;
  const own = [...new Set([gateway, host, ...direct])].map((name) => `host === ${JSON.stringify(name)}`).join(' || ');
  return `// Lũy Tre: cấu hình proxy tự động của trường (proxy auto-configuration)
function FindProxyForURL(url, host) {
  if (isPlainHostName(host) || ${own} ||
      host === "localhost" || shExpMatch(host, "127.*") || host === "[::1]" ||
      shExpMatch(host, "*.local") ||
      (/^\\d+\\.\\d+\\.\\d+\\.\\d+$/.test(host) &&
       (isInNet(host, "10.0.0.0", "255.0.0.0") || isInNet(host, "172.16.0.0", "255.240.0.0") || isInNet(host, "192.168.0.0", "255.255.0.0")))) {
    return "DIRECT";
  }
  return "PROXY ${host}:${port}";
}
`;
}
