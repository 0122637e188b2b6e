/** What the gateway knows of the network, and how devices are pointed at it. Nothing is changed here. */
import { getServers } from 'node:dns';
import type { PageContext } from '../page.js';

export function Network({ ctx }: { readonly ctx: PageContext }) {
  const { t, env } = ctx;
  const { ports, dns, names } = env.premises;
  const addresses = env.premises.addresses();
  const address = addresses[0] ?? '127.0.0.1';
  const pac = `http://${address}:${ports.pages}/proxy.pac`;
  const servers = dns.length > 0 ? dns : getServers();
  return (
    <>
      <section class="card">
        <h3>{t('Cổng lọc thấy gì', 'What the gateway sees')}</h3>
        {addresses.length === 0 ? <p class="note warm">{t('Máy này không có địa chỉ nào trong mạng của trường; hãy cắm dây mạng.', 'This machine has no address on the network; plug it in.')}</p> : null}
        <dl class="facts">
          <dt>{t('Địa chỉ của máy này', 'Addresses of this machine')}</dt><dd>{addresses.length === 0 ? '127.0.0.1' : addresses.map((one) => <code>{one} </code>)}</dd>
          <dt>{t('Proxy (HTTP và HTTPS)', 'Proxy (HTTP and HTTPS)')}</dt><dd><code>{address}:{ports.proxy}</code></dd>
          <dt>{t('Tự cấu hình (PAC)', 'Auto-configuration (PAC)')}</dt><dd><code>{pac}</code></dd>
          <dt>{t('Trang trợ giúp', 'Help page')}</dt><dd><code>http://{address}:{ports.pages}/help</code></dd>
          <dt>{t('Cổng trong suốt', 'Transparent port')}</dt><dd>{ports.transparent === null ? t('tắt', 'off') : <code>{ports.transparent}</code>}</dd>
          <dt>{t('DNS cổng lọc dùng', 'DNS in use')}</dt><dd>{servers.map((server) => <code>{server} </code>)} <small>{dns.length > 0 ? t('(trong tệp cấu hình)', '(configuration file)') : t('(của máy này)', '(of this machine)')}</small></dd>
          {names.length === 0 ? null : <><dt>{t('Tên của cổng lọc', 'Names of the gateway')}</dt><dd>{names.join(', ')}</dd></>}
        </dl>
        <p class="hint">{t('Địa chỉ này phải cố định: đặt IP tĩnh, hoặc giữ chỗ trong DHCP của bộ định tuyến.', 'This address must stay: a static one, or a reservation in the DHCP of the router.')}</p>
      </section>
      <section class="card">
        <h3>{t('Trỏ máy về cổng lọc', 'Point the devices at it')}</h3>
        <dl class="facts">
          <dt>Windows</dt><dd>{t('Cài đặt › Mạng & Internet › Proxy › Dùng tập lệnh thiết lập, dán địa chỉ PAC. Nhiều máy: Group Policy.', 'Settings › Network & Internet › Proxy › Use setup script, paste the PAC address. Many: Group Policy.')}</dd>
          <dt>Android, iPad, Chromebook</dt><dd>{t('Trong Wi-Fi của trường, mục Proxy: Tự động (PAC), dán địa chỉ PAC.', 'In the Wi-Fi settings, Proxy: Automatic, paste the PAC address.')}</dd>
          <dt>{t('Mọi máy một lần', 'All at once')}</dt><dd>{t('DHCP option 252 mang địa chỉ PAC, hoặc tên wpad trong DNS của trường trỏ về máy này (WPAD).', 'DHCP option 252 with the PAC address, or the name wpad in your DNS (WPAD).')}</dd>
          <dt>{t('Không phải cấu hình máy nào', 'Nothing on any device')}</dt><dd>{t('Chế độ trong suốt, khi máy này đứng giữa các phòng và Internet: xem docs/van-hanh.md.', 'Transparent mode where this machine stands between rooms and the Internet; see docs/van-hanh.md.')}</dd>
        </dl>
        <p>{t('Thử ở một máy của phòng: mở một trang cờ bạc bất kỳ, phải thấy trang chặn của trường.', 'Try it on a device: open any gambling site; the block page must show.')}</p>
      </section>
    </>
  );
}
