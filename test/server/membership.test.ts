import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Membership } from '../../src/server/live-session/membership.js';

const connection = (connectionId: string) => ({ connectionId, creationTime: 0, data: '' });
const due = (at: number) => ({ at, reason: 'networkDisconnected' }) as const;

suite('membership', () => {
  test('finds a member by key and by id until it is removed', () => {
    const members = new Membership<string>();
    const member = members.add('key', connection('a'), 'socket');
    assert.equal(members.withKey('key'), member);
    assert.equal(members.withId('a'), member);
    members.remove(member);
    assert.equal(members.withKey('key'), undefined);
    assert.equal(members.withId('a'), undefined);
    assert.equal(members.size, 0);
  });

  test('keeps who lost a socket until it is due', () => {
    const members = new Membership<string>();
    const [first, second] = ['a', 'b'].map((id) => members.add(id, connection(id), 'socket'));
    assert.equal(members.nextDue, Infinity);
    members.lose(first!, due(200));
    members.lose(second!, due(100));
    assert.equal(members.size, 2);
    assert.equal(members.nextDue, 100);
    assert.deepEqual(members.overdue(99), []);
    assert.deepEqual(members.overdue(100), [second]);
    assert.deepEqual(members.overdue(200), [first, second]);
  });

  test('has nobody due who came back or was removed', () => {
    const members = new Membership<string>();
    const [first, second] = ['a', 'b'].map((id) => members.add(id, connection(id), 'old'));
    assert.equal(members.resume(first!, 'new'), 'old');
    members.lose(first!, due(100));
    members.lose(second!, due(100));
    assert.equal(members.resume(first!, 'newest'), undefined);
    members.remove(second!);
    assert.equal(members.nextDue, Infinity);
    assert.equal(first!.link, 'newest');
  });

  test('knows a renamed member by its new id alone', () => {
    const members = new Membership<string>();
    const member = members.add('key', connection('a'), 'socket');
    members.rename(member, connection('b'));
    assert.equal(members.withId('a'), undefined);
    assert.equal(members.withId('b'), member);
    assert.equal(members.withKey('key'), member);
  });
});
