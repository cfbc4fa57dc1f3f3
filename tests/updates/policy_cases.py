"""What BIND's update-policy allows, case by case. case_table.py says how to read them."""

import case_table

CASES = case_table.read(
    """
# a key by its name
apex z1.test.
rule grant k name www.z1.test. A
add www 300 A 192.0.2.9
= NOERROR 11
= +www 300 A 192.0.2.9

# a key with a final dot
apex z2.test.
rule grant k. name www.z2.test. A
add www 300 A 192.0.2.9
= NOERROR 11
= +www 300 A 192.0.2.9

# a key in other case
apex z3.test.
rule grant K name www.z3.test. A
add www 300 A 192.0.2.9
= NOERROR 11
= +www 300 A 192.0.2.9

# another key
apex z4.test.
rule grant other name www.z4.test. A
add www 300 A 192.0.2.9
= REFUSED

# a wildcard for keys
apex z5.test.
rule grant *.keys name www.z5.test. A
key one.keys.
add www 300 A 192.0.2.9
= NOERROR 11
= +www 300 A 192.0.2.9

# a wildcard for keys far below
apex z6.test.
rule grant *.keys name www.z6.test. A
key a.b.keys.
add www 300 A 192.0.2.9
= NOERROR 11
= +www 300 A 192.0.2.9

# a wildcard for keys is not its parent
apex z7.test.
rule grant *.keys name www.z7.test. A
key keys.
add www 300 A 192.0.2.9
= REFUSED

# a wildcard for keys elsewhere
apex z8.test.
rule grant *.keys name www.z8.test. A
key one.locks.
add www 300 A 192.0.2.9
= REFUSED

# every key
apex z9.test.
rule grant * name www.z9.test. A
add www 300 A 192.0.2.9
= NOERROR 11
= +www 300 A 192.0.2.9

# the wildcard's own name as a key
apex z10.test.
rule grant *.keys name www.z10.test. A
key *.keys.
add www 300 A 192.0.2.9
= NOERROR 11
= +www 300 A 192.0.2.9

# nobody signs
apex z11.test.
rule grant * zonesub A
unsigned
add www 300 A 192.0.2.9
= REFUSED

# nobody signs, over TCP
apex z12.test.
rule grant * zonesub A
unsigned
tcp
add www 300 A 192.0.2.9
= REFUSED

# nobody signs and nothing changes
apex z13.test.
rule grant * zonesub A
unsigned
= REFUSED

# a key that no rule knows changes nothing
apex z14.test.
rule grant other zonesub A
= REFUSED
BIND = NOERROR 10
BIND: who may change nothing is refused before prerequisites are looked at, which would tell what is in the zone

# a key that no rule knows asks what is there
apex z15.test.
rule grant other zonesub A
yxdomain nowhere
= REFUSED
BIND = NXDOMAIN
BIND: who may change nothing is refused before prerequisites are looked at, which would tell what is in the zone

# name: the name
apex z16.test.
rule grant k name www.z16.test. A
add www 300 A 192.0.2.9
= NOERROR 11
= +www 300 A 192.0.2.9

# name: in other case
apex z17.test.
rule grant k name WWW.z17.test. A
add www 300 A 192.0.2.9
= NOERROR 11
= +www 300 A 192.0.2.9

# name: a name below
apex z18.test.
rule grant k name www.z18.test. A
add a.www 300 A 192.0.2.9
= REFUSED

# name: a name above
apex z19.test.
rule grant k name www.z19.test. A
add @ 300 A 192.0.2.9
= REFUSED

# name: without a final dot
apex z20.test.
rule grant k name www.z20.test A
add www 300 A 192.0.2.9
= NOERROR 11
= +www 300 A 192.0.2.9

# name: the wildcard's owner
apex z21.test.
rule grant k name *.z21.test. A
add * 300 A 192.0.2.9
= NOERROR 11
= +* 300 A 192.0.2.9

# name: a wildcard is no pattern here
apex z22.test.
rule grant k name *.z22.test. A
add www 300 A 192.0.2.9
= REFUSED

# subdomain: the name itself
apex z23.test.
rule grant k subdomain www.z23.test. A
add www 300 A 192.0.2.9
= NOERROR 11
= +www 300 A 192.0.2.9

# subdomain: below
apex z24.test.
rule grant k subdomain www.z24.test. A
add a.b.www 300 A 192.0.2.9
= NOERROR 11
= +a.b.www 300 A 192.0.2.9

# subdomain: beside
apex z25.test.
rule grant k subdomain www.z25.test. A
add xwww 300 A 192.0.2.9
= REFUSED

# subdomain: above
apex z26.test.
rule grant k subdomain www.z26.test. A
add @ 300 A 192.0.2.9
= REFUSED

# subdomain: the whole zone
apex z27.test.
rule grant k subdomain z27.test. A
add @ 300 A 192.0.2.9
= NOERROR 11
= +@ 300 A 192.0.2.9

# subdomain: of what is above the zone
apex z28.test.
rule grant k subdomain test. A
add www 300 A 192.0.2.9
= NOERROR 11
= +www 300 A 192.0.2.9

# subdomain: a wildcard's owner below
apex z29.test.
rule grant k subdomain www.z29.test. A
add *.www 300 A 192.0.2.9
= NOERROR 11
= +*.www 300 A 192.0.2.9

# subdomain: of a name that begins with a wildcard
apex z30.test.
rule grant k subdomain *.z30.test. A
add a.* 300 A 192.0.2.9
= NOERROR 11
= +a.* 300 A 192.0.2.9

# subdomain: a wildcard is no pattern here
apex z31.test.
rule grant k subdomain *.z31.test. A
add www 300 A 192.0.2.9
= REFUSED

# zonesub: the apex
apex z32.test.
rule grant k zonesub A
add @ 300 A 192.0.2.9
= NOERROR 11
= +@ 300 A 192.0.2.9

# zonesub: far below
apex z33.test.
rule grant k zonesub A
add a.b.c 300 A 192.0.2.9
= NOERROR 11
= +a.b.c 300 A 192.0.2.9

# zonesub: below a delegation
apex z34.test.
rule grant k zonesub A
add a.sub 300 A 192.0.2.9
= NOERROR 11
= +a.sub 300 A 192.0.2.9

# wildcard: a name
apex z35.test.
rule grant k wildcard *.z35.test. A
add www 300 A 192.0.2.9
= NOERROR 11
= +www 300 A 192.0.2.9

# wildcard: far below
apex z36.test.
rule grant k wildcard *.z36.test. A
add a.b.c 300 A 192.0.2.9
= NOERROR 11
= +a.b.c 300 A 192.0.2.9

# wildcard: not the apex
apex z37.test.
rule grant k wildcard *.z37.test. A
add @ 300 A 192.0.2.9
= REFUSED

# wildcard: the owner of that name
apex z38.test.
rule grant k wildcard *.z38.test. A
add * 300 A 192.0.2.9
= NOERROR 11
= +* 300 A 192.0.2.9

# wildcard: of everything
apex z39.test.
rule grant k wildcard * A
add @ 300 A 192.0.2.9
= NOERROR 11
= +@ 300 A 192.0.2.9

# wildcard: beside
apex z40.test.
rule grant k wildcard *.d1.z40.test. A
add a.d2 300 A 192.0.2.9
= REFUSED

# self: the key's name
apex z41.test.
rule grant * self . A
key h.z41.test.
add h 300 A 192.0.2.9
= NOERROR 11
= +h 300 A 192.0.2.9

# self: the key's name in other case
apex z42.test.
rule grant * self . A
key h.z42.test.
add H 300 A 192.0.2.9
= NOERROR 11
= +h 300 A 192.0.2.9

# self: another name
apex z43.test.
rule grant * self . A
key h.z43.test.
add www 300 A 192.0.2.9
= REFUSED

# self: below the key's name
apex z44.test.
rule grant * self . A
key h.z44.test.
add a.h 300 A 192.0.2.9
= REFUSED

# self: another identity
apex z45.test.
rule grant x.z45.test. self x.z45.test. A
key h.z45.test.
add h 300 A 192.0.2.9
= REFUSED

# self: an identity of the key's zone
apex z46.test.
rule grant *.z46.test. self . A
key h.z46.test.
add h 300 A 192.0.2.9
= NOERROR 11
= +h 300 A 192.0.2.9

# self: the apex as a key
apex z47.test.
rule grant z47.test. self z47.test. A
key z47.test.
add @ 300 A 192.0.2.9
= NOERROR 11
= +@ 300 A 192.0.2.9

# selfsub: the key's name
apex z50.test.
rule grant * selfsub . A
key h.z50.test.
add h 300 A 192.0.2.9
= NOERROR 11
= +h 300 A 192.0.2.9

# selfsub: below
apex z51.test.
rule grant * selfsub . A
key h.z51.test.
add a.b.h 300 A 192.0.2.9
= NOERROR 11
= +a.b.h 300 A 192.0.2.9

# selfsub: beside
apex z52.test.
rule grant * selfsub . A
key h.z52.test.
add xh 300 A 192.0.2.9
= REFUSED

# selfsub: above
apex z53.test.
rule grant * selfsub . A
key h.z53.test.
add @ 300 A 192.0.2.9
= REFUSED

# selfwild: not the key's name
apex z54.test.
rule grant * selfwild . A
key h.z54.test.
add h 300 A 192.0.2.9
= REFUSED

# selfwild: below
apex z55.test.
rule grant * selfwild . A
key h.z55.test.
add a.h 300 A 192.0.2.9
= NOERROR 11
= +a.h 300 A 192.0.2.9

# selfwild: far below
apex z56.test.
rule grant * selfwild . A
key h.z56.test.
add a.b.h 300 A 192.0.2.9
= NOERROR 11
= +a.b.h 300 A 192.0.2.9

# selfwild: the wildcard's owner
apex z57.test.
rule grant * selfwild . A
key h.z57.test.
add *.h 300 A 192.0.2.9
= NOERROR 11
= +*.h 300 A 192.0.2.9

# types: one that is named
apex z58.test.
rule grant k zonesub A TXT
add www 300 TXT x
= NOERROR 11
= +www 300 TXT "x"

# types: one that is not named
apex z59.test.
rule grant k zonesub A TXT
add www 300 AAAA 2001:db8::1
= REFUSED

# types: in lower case
apex z60.test.
rule grant k zonesub aaaa
add www 300 AAAA 2001:db8::1
= NOERROR 11
= +www 300 AAAA 2001:db8::1

# types: an unknown one by its number
apex z61.test.
rule grant k zonesub TYPE65280
add www 300 TYPE65280 \\# 2 abcd
= NOERROR 11
= +www 300 TYPE65280 \\# 2 abcd

# types: a known one by its number
apex z62.test.
rule grant k zonesub TYPE1
add www 300 A 192.0.2.9
= NOERROR 11
= +www 300 A 192.0.2.9

# types: ANY
apex z63.test.
rule grant k zonesub ANY
add www 300 TYPE65280 \\# 2 abcd
= NOERROR 11
= +www 300 TYPE65280 \\# 2 abcd

# types: ANY includes NS
apex z64.test.
rule grant k zonesub ANY
add new 300 NS ns.elsewhere.net.
= NOERROR 11
= +new 300 NS ns.elsewhere.net.

# types: ANY includes SOA
apex z65.test.
rule grant k zonesub ANY
add @ 300 SOA ns admin 50 3600 600 86400 300
= NOERROR 50

# types: ANY includes RRSIG
apex z66.test.
rule grant k zonesub ANY
add @ 300 RRSIG MX 13 2 300 20380101000000 20200101000000 1 @ AQID
= NOERROR 11
= +@ 300 RRSIG MX 13 2 300 20380101000000 20200101000000 1 @ AQID

# types: none named, A
apex z67.test.
rule grant k zonesub
add www 300 A 192.0.2.9
= NOERROR 11
= +www 300 A 192.0.2.9

# types: none named, unknown
apex z68.test.
rule grant k zonesub
add www 300 TYPE65280 \\# 2 abcd
= NOERROR 11
= +www 300 TYPE65280 \\# 2 abcd

# types: none named, NS
apex z69.test.
rule grant k zonesub
add new 300 NS ns.elsewhere.net.
= REFUSED

# types: none named, NS at the apex
apex z70.test.
rule grant k zonesub
add @ 300 NS ns.elsewhere.org.
= REFUSED

# types: none named, SOA
apex z71.test.
rule grant k zonesub
add @ 300 SOA ns admin 50 3600 600 86400 300
= REFUSED

# types: none named, RRSIG
apex z72.test.
rule grant k zonesub
add @ 300 RRSIG MX 13 2 300 20380101000000 20200101000000 1 @ AQID
= REFUSED

# types: none named, DNAME
apex z73.test.
rule grant k zonesub
add new 300 DNAME elsewhere.net.
= NOERROR 11
= +new 300 DNAME elsewhere.net.

# types: none named, CNAME
apex z74.test.
rule grant k zonesub
add new 300 CNAME www
= NOERROR 11
= +new 300 CNAME www

# types: none named, DS at a delegation
apex z75.test.
rule grant k zonesub
add sub 300 DS 1 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
= NOERROR 11
= +sub 300 DS 1 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef

# types: NS by its name
apex z76.test.
rule grant k zonesub NS
add new 300 NS ns.elsewhere.net.
= NOERROR 11
= +new 300 NS ns.elsewhere.net.

# types: SOA by its name
apex z77.test.
rule grant k zonesub SOA
add @ 300 SOA ns admin 50 3600 600 86400 300
= NOERROR 50

# types: NSEC cannot be granted
apex z78.test.
rule grant k zonesub ANY
add www 300 NSEC x A
= REFUSED

# a denial before a grant
apex z79.test.
rule deny k name www.z79.test. A
rule grant k zonesub A
add www 300 A 192.0.2.9
= REFUSED

# a denial before a grant, another name
apex z80.test.
rule deny k name www.z80.test. A
rule grant k zonesub A
add ftp 300 A 192.0.2.9
= NOERROR 11
= +ftp 300 A 192.0.2.9

# a denial before a grant, another type
apex z81.test.
rule deny k name www.z81.test. A
rule grant k zonesub ANY
add www 300 TXT x
= NOERROR 11
= +www 300 TXT "x"

# a grant before a denial
apex z82.test.
rule grant k zonesub A
rule deny k name www.z82.test. A
add www 300 A 192.0.2.9
= NOERROR 11
= +www 300 A 192.0.2.9

# a denial without types leaves NS
apex z83.test.
rule deny k zonesub
rule grant k zonesub ANY
add new 300 NS ns.elsewhere.net.
= NOERROR 11
= +new 300 NS ns.elsewhere.net.

# a denial without types denies A
apex z84.test.
rule deny k zonesub
rule grant k zonesub ANY
add www 300 A 192.0.2.9
= REFUSED

# a denial for all keys but one
apex z85.test.
rule grant k name www.z85.test. A
rule deny * zonesub ANY
rule grant other zonesub ANY
add www 300 A 192.0.2.9
= NOERROR 11
= +www 300 A 192.0.2.9

# a denial for all keys
apex z86.test.
rule deny * zonesub ANY
rule grant k zonesub ANY
add www 300 A 192.0.2.9
= REFUSED

# two grants, the second for the type
apex z87.test.
rule grant k zonesub A
rule grant k zonesub TXT
add www 300 TXT x
= NOERROR 11
= +www 300 TXT "x"

# a denial of another key
apex z88.test.
rule deny other zonesub ANY
rule grant k zonesub ANY
add www 300 A 192.0.2.9
= NOERROR 11
= +www 300 A 192.0.2.9

# only denials
apex z89.test.
rule deny other zonesub ANY
add www 300 A 192.0.2.9
= REFUSED

# every record must be allowed
apex z90.test.
rule grant k name www.z90.test. A
add www 300 A 192.0.2.9
add www 300 TXT x
= REFUSED

# every record must be allowed, the first is not
apex z91.test.
rule grant k name www.z91.test. A
add ftp 300 A 192.0.2.9
add www 300 A 192.0.2.9
= REFUSED

# records by several rules
apex z92.test.
rule grant k name www.z92.test. A
rule grant k name ftp.z92.test. TXT
add www 300 A 192.0.2.9
add ftp 300 TXT x
= NOERROR 11
= +ftp 300 TXT "x"
= +www 300 A 192.0.2.9

# what is there already must be allowed as well
apex z93.test.
rule grant k name www.z93.test. TXT
add www 300 A 192.0.2.1
= REFUSED

# prerequisites need no permission
apex z94.test.
rule grant k name www.z94.test. A
yxrrset mail AAAA
add www 300 A 192.0.2.9
= NOERROR 11
= +www 300 A 192.0.2.9

# permission is asked before prerequisites
apex z95.test.
rule grant k name www.z95.test. A
yxdomain nowhere
add ftp 300 A 192.0.2.9
= REFUSED

# permission is asked before prerequisites that hold
apex z96.test.
rule grant k name www.z96.test. A
yxdomain mail
add ftp 300 A 192.0.2.9
= REFUSED

# deletion of a record
apex z97.test.
rule grant k name www.z97.test. A
delete www A 192.0.2.1
= NOERROR 11
= -www 300 A 192.0.2.1

# deletion of a record of another type
apex z98.test.
rule grant k name www.z98.test. A
delete www TXT web
= REFUSED

# deletion of a record that is not there
apex z99.test.
rule grant k name www.z99.test. TXT
delete www A 192.0.2.77
= REFUSED

# deletion of an RRset
apex z100.test.
rule grant k name www.z100.test. A
delete www A
= NOERROR 11
= -www 300 A 192.0.2.1
= -www 300 A 192.0.2.2

# deletion of an RRset of another type
apex z101.test.
rule grant k name www.z101.test. A
delete www TXT
= REFUSED

# deletion of an RRset that is not there
apex z102.test.
rule grant k name www.z102.test. A
delete www AAAA
= REFUSED

# deletion of an RRset that is not there at no name
apex z103.test.
rule grant k name www.z103.test. A
delete nowhere A
= REFUSED

# deletion of a name, all types allowed
apex z104.test.
rule grant k name www.z104.test. A TXT
delete www
= NOERROR 11
= -www 300 A 192.0.2.1
= -www 300 A 192.0.2.2
= -www 300 TXT "web"

# deletion of a name, ANY
apex z105.test.
rule grant k name www.z105.test. ANY
delete www
= NOERROR 11
= -www 300 A 192.0.2.1
= -www 300 A 192.0.2.2
= -www 300 TXT "web"

# deletion of a name, no types named
apex z106.test.
rule grant k name www.z106.test.
delete www
= NOERROR 11
= -www 300 A 192.0.2.1
= -www 300 A 192.0.2.2
= -www 300 TXT "web"

# deletion of a name, one type not allowed
apex z107.test.
rule grant k name www.z107.test. A
delete www
= REFUSED

# deletion of a name that is not there
apex z108.test.
rule grant k name www.z108.test. A
delete nowhere
= NOERROR 10

# deletion of an empty non-terminal
apex z109.test.
rule grant k name www.z109.test. A
delete b.deep
= NOERROR 10

# deletion of the apex without NS and SOA allowed
apex z110.test.
rule grant k zonesub
delete @
= REFUSED

# deletion of the apex with all allowed
apex z111.test.
rule grant k zonesub ANY
delete @
= NOERROR 11
= -@ 300 MX 10 mail
= -@ 300 TXT "apex"

# deletion of the apex with NS and SOA denied
apex z112.test.
rule deny k zonesub NS SOA
rule grant k zonesub ANY
delete @
= REFUSED

# deletion of a delegation without NS allowed
apex z113.test.
rule grant k zonesub
delete sub
= REFUSED

# deletion of a PTR RRset
apex z114.test.
rule grant k zonesub PTR
delete host PTR
= NOERROR 11
= -host 300 PTR www

# deletion of a PTR RRset that is not allowed
apex z115.test.
rule grant k zonesub A
delete host PTR
= REFUSED

# deletion of a PTR RRset that is not there and not allowed
apex z116.test.
rule grant k zonesub A
delete www PTR
= REFUSED
BIND = NOERROR 10
BIND: it looks at the RRs that are there, for kinds of rules that compare their RDATA; Atlas has none of these, and what is not allowed is refused

# deletion of a PTR record that is not there and not allowed
apex z117.test.
rule grant k zonesub A
delete host PTR mail
= REFUSED
BIND = NOERROR 10
BIND: it looks at the RRs that are there, for kinds of rules that compare their RDATA; Atlas has none of these, and what is not allowed is refused

# deletion of an SRV RRset that is not there and not allowed
apex z118.test.
rule grant k zonesub A
delete www SRV
= REFUSED
BIND = NOERROR 10
BIND: it looks at the RRs that are there, for kinds of rules that compare their RDATA; Atlas has none of these, and what is not allowed is refused

# deletion of a name that was added by the same update
apex z119.test.
rule grant k name new.z119.test. A
add new 300 A 192.0.2.9
delete new
= NOERROR 10

# deletion of the SOA without permission
apex z120.test.
rule grant k zonesub
delete @ SOA
= REFUSED

# tcp-self: its own name
apex 11.0.0.127.in-addr.arpa.
rule grant * tcp-self . PTR
unsigned
tcp
from 127.0.0.11
add @ 300 PTR host.example.
= NOERROR 11
= +@ 300 PTR host.example.

# tcp-self: over UDP
apex 12.0.0.127.in-addr.arpa.
rule grant * tcp-self . PTR
unsigned
from 127.0.0.12
add @ 300 PTR host.example.
= REFUSED

# tcp-self: from another address
apex 13.0.0.127.in-addr.arpa.
rule grant * tcp-self . PTR
unsigned
tcp
from 127.0.0.99
add @ 300 PTR host.example.
= REFUSED

# tcp-self: another type
apex 14.0.0.127.in-addr.arpa.
rule grant * tcp-self . PTR
unsigned
tcp
from 127.0.0.14
add @ 300 TXT x
= REFUSED

# tcp-self: below its own name
apex 15.0.0.127.in-addr.arpa.
rule grant * tcp-self . PTR
unsigned
tcp
from 127.0.0.15
add a 300 PTR host.example.
= REFUSED

# tcp-self: of a network
apex 16.0.0.127.in-addr.arpa.
rule grant *.0.0.127.in-addr.arpa tcp-self . PTR
unsigned
tcp
from 127.0.0.16
add @ 300 PTR host.example.
= NOERROR 11
= +@ 300 PTR host.example.

# tcp-self: of another network
apex 17.0.0.127.in-addr.arpa.
rule grant *.1.0.127.in-addr.arpa tcp-self . PTR
unsigned
tcp
from 127.0.0.17
add @ 300 PTR host.example.
= REFUSED

# tcp-self: of its own name alone
apex 18.0.0.127.in-addr.arpa.
rule grant 18.0.0.127.in-addr.arpa tcp-self . PTR
unsigned
tcp
from 127.0.0.18
add @ 300 PTR host.example.
= NOERROR 11
= +@ 300 PTR host.example.

# tcp-self: signed as well
apex 19.0.0.127.in-addr.arpa.
rule grant * tcp-self . PTR
tcp
from 127.0.0.19
add @ 300 PTR host.example.
= NOERROR 11
= +@ 300 PTR host.example.

# tcp-self: other rules want keys
apex 20.0.0.127.in-addr.arpa.
rule grant * zonesub ANY
unsigned
tcp
from 127.0.0.20
add @ 300 PTR host.example.
= REFUSED

# tcp-self: denied first
apex 21.0.0.127.in-addr.arpa.
rule deny *.0.0.127.in-addr.arpa tcp-self .
rule grant * tcp-self . PTR
unsigned
tcp
from 127.0.0.21
add @ 300 PTR host.example.
= REFUSED

# tcp-self: no rights and no questions
apex 22.0.0.127.in-addr.arpa.
rule grant k zonesub ANY
unsigned
tcp
from 127.0.0.22
yxdomain nowhere
= REFUSED
BIND = NXDOMAIN
BIND: who may change nothing is refused before prerequisites are looked at, which would tell what is in the zone

# 6to4-self: its own prefix
apex f.1.0.0.0.0.f.7.2.0.0.2.ip6.arpa.
rule grant * 6to4-self . NS DNAME PTR
unsigned
tcp
from 127.0.0.31
add @ 300 PTR host.example.
= NOERROR 11
= +@ 300 PTR host.example.

# 6to4-self: over UDP
apex 0.2.0.0.0.0.f.7.2.0.0.2.ip6.arpa.
rule grant * 6to4-self . NS DNAME PTR
unsigned
from 127.0.0.32
add @ 300 PTR host.example.
= REFUSED

# 6to4-self: below its own prefix
apex 1.2.0.0.0.0.f.7.2.0.0.2.ip6.arpa.
rule grant * 6to4-self . NS DNAME PTR
unsigned
tcp
from 127.0.0.33
add a 300 PTR host.example.
= REFUSED

# 6to4-self: another type
apex 2.2.0.0.0.0.f.7.2.0.0.2.ip6.arpa.
rule grant * 6to4-self . NS DNAME PTR
unsigned
tcp
from 127.0.0.34
add @ 300 TXT x
= REFUSED

# limit: below it
apex l1.test.
rule grant k zonesub A(3)
add www 300 A 192.0.2.8
= NOERROR 11
= +www 300 A 192.0.2.8

# limit: reached by the first
apex l2.test.
rule grant k zonesub A(3)
add www 300 A 192.0.2.8
add www 300 A 192.0.2.9
= NOERROR 11
= +www 300 A 192.0.2.8

# limit: reached before
apex l3.test.
rule grant k zonesub A(2)
add www 300 A 192.0.2.9
= NOERROR 10

# limit: exceeded before
apex l4.test.
rule grant k zonesub A(1)
add www 300 A 192.0.2.9
= NOERROR 10

# limit: of another type
apex l5.test.
rule grant k zonesub A(1) TXT
add www 300 TXT x
= NOERROR 11
= +www 300 TXT "x"

# limit: of ANY
apex l6.test.
rule grant k zonesub ANY(2)
add www 300 A 192.0.2.9
= NOERROR 10

# limit: of the first that fits
apex l7.test.
rule grant k zonesub A(2) ANY(3)
add www 300 A 192.0.2.9
= NOERROR 10

# limit: of the rule that decides
apex l8.test.
rule grant k zonesub A(2)
rule grant k zonesub A
add www 300 A 192.0.2.9
= NOERROR 10

# limit: room is made
apex l9.test.
rule grant k zonesub A(2)
delete www A 192.0.2.1
add www 300 A 192.0.2.9
= NOERROR 11
= -www 300 A 192.0.2.1
= +www 300 A 192.0.2.9

# limit: room is made by deleting the RRset
apex l10.test.
rule grant k zonesub A(1)
delete www A
add www 300 A 192.0.2.9
= NOERROR 11
= -www 300 A 192.0.2.1
= -www 300 A 192.0.2.2
= +www 300 A 192.0.2.9

# limit: a record that is there
apex l11.test.
rule grant k zonesub A(2)
add www 300 A 192.0.2.1
= NOERROR 10

# limit: a record that is there with another TTL
apex l12.test.
rule grant k zonesub A(2)
add www 60 A 192.0.2.1
= NOERROR 11
= -www 300 A 192.0.2.1
= -www 300 A 192.0.2.2
= +www 60 A 192.0.2.1
= +www 60 A 192.0.2.2
BIND = NOERROR 10
BIND: the RRset comes to have no more records; it counts those that are there, and clients could not refresh theirs

# limit: an alias takes the place of another
apex l13.test.
rule grant k zonesub CNAME(1)
add alias 300 CNAME mail
= NOERROR 11
= -alias 300 CNAME www
= +alias 300 CNAME mail
BIND = NOERROR 10
BIND: the RRset comes to have no more records; it counts those that are there

# limit: a new name
apex l14.test.
rule grant k zonesub A(1)
add new 300 A 192.0.2.9
= NOERROR 11
= +new 300 A 192.0.2.9

# limit: deletions are not concerned
apex l15.test.
rule grant k zonesub A(1)
delete www A 192.0.2.1
= NOERROR 11
= -www 300 A 192.0.2.1
""".strip(),
    "p",
)
