-- Written by the first version; every later one reads it.
create table if not exists chatelaine_sessions (
	key         bytea primary key,               -- not text: keys may hold any byte
	value       bytea,                           -- null: absent
	version     bigint not null default 0,       -- the fence of the last writer
	fence       bigint not null default 0,       -- of the last lease
	owner       text,                            -- of the present lease
	until       timestamptz,                     -- when the present lease expires; null: none
	interrupted boolean not null default false,  -- a lease expired, and nothing was written since
	updated_at  timestamptz not null default clock_timestamp()
) with (fillfactor = 50);

insert into chatelaine_sessions (key, value, version, fence, owner, until, interrupted, updated_at) values
	('\x00636861746c61696e652e65706f6368'::bytea, '\x3031323334353637383961626364656630313233343536373839616263646566'::bytea, 1, 0, null, null, false, timestamptz '2020-01-01 00:00:00+00'),
	('\x7361766564'::bytea, '\x76616c7565206f66207361766564'::bytea, 7, 7, null, null, false, timestamptz '2020-01-01 00:00:00+00'),
	('\x68656c64'::bytea, '\x76616c7565206f662068656c64'::bytea, 7, 9, 'a holder that vanished', timestamptz '2020-01-01 00:00:00+00', false, timestamptz '2020-01-01 00:00:00+00'),
	('\x64656c65746564'::bytea, null, 11, 11, null, null, false, timestamptz '2020-01-01 00:00:00+00');
