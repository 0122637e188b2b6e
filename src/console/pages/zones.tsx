/** "Phòng và dải mạng": all rooms, how each is told, where ranges lie in one another, what no room claims. */
import { UNKNOWN_ZONE } from '../../activity/presence.js';
import { overlapsOf } from '../../policy/zone-overlap.js';
import type { ZoneRow } from '../../store/rows.js';
import { coarseDevices, sayDevices } from '../devices.js';
import type { Page, PageContext } from '../page.js';
import { profileName } from '../parts/checks.js';
import { Empty } from '../parts/layout.js';
import { ZoneForm } from '../parts/zone-form.js';
import { byName, folded } from '../words.js';

export const zonesPage: Page = {
  path: '/quan-tri/phong',
  title: { vi: 'Phòng và dải mạng', en: 'Rooms and ranges' },
  roles: ['it-admin'],
  nav: { group: 'school', order: 20 },
  render(ctx) {
    const { t, env, query } = ctx;
    const zones = env.store.policies.zones();
    const teachers = env.store.policies.roomTeachers();
    const sought = folded(query.get('tim') ?? '').trim();
    const text = (zone: ZoneRow): string => [zone.name, profileName(ctx, zone.profile), ...zone.cidrs, ...zone.macs, String(zone.port ?? ''), zone.login?.name ?? '', ...(teachers.get(zone.name) ?? [])].join(' ');
    const shown = zones.filter((zone) => sought === '' || folded(text(zone)).includes(sought)).sort((a, b) => byName(a.name, b.name));
    const unknown = coarseDevices(env.devicesSeen(UNKNOWN_ZONE));
    return (
      <>
        <p class="lead">{t('Máy thuộc phòng nào thì dùng hồ sơ lọc của phòng ấy. Máy không thuộc phòng nào dùng hồ sơ chặt nhất.', "A device is on the profile of its room. One that belongs to no room is on the strictest profile.")}</p>
        <p class={unknown.kind === 'none' ? 'note' : 'note warm'}><b>{t('Máy lạ', 'Unknown devices')}:</b> {t(sayDevices(unknown).vi, sayDevices(unknown).en)} {t('trong 15 phút qua không thuộc phòng nào.', 'in the last 15 minutes that no room claims.')}</p>
        {zones.length === 0 ? (
          <Empty title={t('Chưa có phòng nào', 'No room yet')}>
            <p>{t('Thêm phòng đầu tiên ở dưới: chỉ cần tên, hồ sơ lọc và dải địa chỉ của phòng. Có nhiều phòng thì nhập một lần từ bảng tính.', 'Add the first one below: name, profile and address range are enough. Many rooms come in at once from a spreadsheet.')}</p>
            <p><a class="button quiet" href="/quan-tri/nhap">{t('Nhập từ bảng tính', 'Import a spreadsheet')}</a></p>
          </Empty>
        ) : (
          <section class="card">
            <form method="get" action="/quan-tri/phong" class="search" role="search">
              <label for="tim">{t('Tìm phòng, địa chỉ, thầy cô', 'Find a room, address, teacher')}</label>
              <input id="tim" name="tim" type="search" value={query.get('tim') ?? ''} maxlength={60} />
              <button class="quiet">{t('Tìm', 'Find')}</button>
            </form>
            {shown.length === 0 ? <p>{t('Không có phòng nào khớp.', 'No room matches.')}</p> : null}
            <ul class="rows">
              {shown.map((zone) => (
                <li>
                  <span class="grow">
                    <b><a href={`/quan-tri/phong/${encodeURIComponent(zone.name)}`}>{zone.name}</a></b> <span class="tag">{profileName(ctx, zone.profile)}</span>
                    {zone.timetable.length > 0 ? <> <span class="tag">{t('có thời khóa biểu', 'timetable')}</span></> : null}<br />
                    <small>{signsOf(ctx, zone)}{teachers.has(zone.name) ? ` · ${(teachers.get(zone.name) ?? []).join(', ')}` : ''}</small>
                  </span>
                  <span class="seen">{t(sayDevices(coarseDevices(env.devicesSeen(zone.name))).vi, sayDevices(coarseDevices(env.devicesSeen(zone.name))).en)}</span>
                </li>
              ))}
            </ul>
          </section>
        )}
        <Overlaps ctx={ctx} zones={zones} />
        <section class="card" id="them">
          <h2>{t('Thêm phòng', 'Add a room')}</h2>
          <ZoneForm ctx={ctx} zone={null} teachers={[]} />
        </section>
      </>
    );
  },
};

function signsOf(ctx: PageContext, zone: ZoneRow): string {
  const { t } = ctx;
  const signs = [
    ...zone.cidrs,
    ...(zone.macs.length === 0 ? [] : [t(`${zone.macs.length} địa chỉ MAC`, `${zone.macs.length} MAC addresses`)]),
    ...(zone.port === null ? [] : [t(`cổng ${zone.port}`, `port ${zone.port}`)]),
    ...(zone.login === null ? [] : [t(`tài khoản chung ${zone.login.name}`, `login ${zone.login.name}`)]),
  ];
  return signs.length === 0 ? t('chưa có dấu hiệu nào: chưa máy nào thuộc phòng này', 'no sign yet: no device belongs to it') : signs.join(' · ');
}

function Overlaps({ ctx, zones }: { readonly ctx: PageContext; readonly zones: readonly ZoneRow[] }) {
  const { t } = ctx;
  const found = overlapsOf(zones);
  if (found.length === 0) return null;
  return (
    <section class="card">
      <h2>{t('Dải địa chỉ nằm trong nhau', 'Ranges inside one another')}</h2>
      <p>{t('Được phép: máy ở dải hẹp hơn thuộc phòng có dải hẹp hơn.', 'Allowed: a device in the narrower range belongs to the room of that range.')}</p>
      <ul>
        {found.map(({ inner, outer }) => (
          <li>{t(`${inner.cidr} nằm trong ${outer.cidr} của ${outer.zone}:`, `${inner.cidr} lies in ${outer.cidr} of ${outer.zone}:`)} <b>{inner.zone}</b> {t('thắng.', 'wins.')}</li>
        ))}
      </ul>
    </section>
  );
}
