-- Written by the first version; every later one reads it.
create table if not exists chatelaine_sessions (
	key         blob primary key,
	value       blob,                          -- null: absent
	version     integer not null default 0,    -- the fence of the last writer
	fence       integer not null default 0,    -- of the last lease
	owner       text,                          -- of the present lease
	until       integer,                       -- when the present lease expires, in ms; null: none
	interrupted integer not null default 0,    -- a lease expired, and nothing was written since
	updated_at  integer not null default (cast((julianday('now') - 2440587.5) * 86400000 as integer))
);

insert into chatelaine_sessions (key, value, version, fence, owner, until, interrupted, updated_at) values
	(x'00636861746c61696e652e65706f6368', x'3031323334353637383961626364656630313233343536373839616263646566', 1, 0, null, null, 0, 1577836800000),
	(x'7361766564', x'76616c7565206f66207361766564', 7, 7, null, null, 0, 1577836800000),
	(x'68656c64', x'76616c7565206f662068656c64', 7, 9, 'a holder that vanished', 1577836800000, 0, 1577836800000),
	(x'64656c65746564', null, 11, 11, null, null, 0, 1577836800000);
