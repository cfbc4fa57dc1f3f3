"""What RFC 2136 says about updates, case by case. case_table.py says how to read them."""

import case_table

CASES = case_table.read(
    """
# the name is in use
yxdomain www
add new 60 A 192.0.2.9
= NOERROR 11
= +new 60 A 192.0.2.9

# the name is in use, in other case
yxdomain WwW
add new 60 A 192.0.2.9
= NOERROR 11
= +new 60 A 192.0.2.9

# the apex is in use
yxdomain @
add new 60 A 192.0.2.9
= NOERROR 11
= +new 60 A 192.0.2.9

# the name is not there, but should be
yxdomain nowhere
add new 60 A 192.0.2.9
= NXDOMAIN

# an empty non-terminal is not in use
yxdomain b.deep
add new 60 A 192.0.2.9
= NXDOMAIN

# glue is in use
yxdomain ns.sub
add new 60 A 192.0.2.9
= NOERROR 11
= +new 60 A 192.0.2.9

# a wildcard does not put names in use
yxdomain x.wild
add new 60 A 192.0.2.9
= NXDOMAIN

# a wildcard itself is in use
yxdomain *.wild
add new 60 A 192.0.2.9
= NOERROR 11
= +new 60 A 192.0.2.9

# a DNAME does not put names below it in use
yxdomain x.d
add new 60 A 192.0.2.9
= NXDOMAIN

# the name is not in use, as it should be
nxdomain nowhere
add new 60 A 192.0.2.9
= NOERROR 11
= +new 60 A 192.0.2.9

# an empty non-terminal counts as not in use
nxdomain b.deep
add new 60 A 192.0.2.9
= NOERROR 11
= +new 60 A 192.0.2.9

# the name is in use, but should not be
nxdomain www
add new 60 A 192.0.2.9
= YXDOMAIN

# the wildcard's names are not in use
nxdomain x.wild
add new 60 A 192.0.2.9
= NOERROR 11
= +new 60 A 192.0.2.9

# an alias is in use itself
nxdomain alias
add new 60 A 192.0.2.9
= YXDOMAIN

# there is such an RRset
yxrrset www A
add new 60 A 192.0.2.9
= NOERROR 11
= +new 60 A 192.0.2.9

# there is no such RRset at the name
yxrrset www AAAA
add new 60 A 192.0.2.9
= NXRRSET

# there is no such RRset for want of the name
yxrrset nowhere A
add new 60 A 192.0.2.9
= NXRRSET

# aliases are not followed
yxrrset alias A
add new 60 A 192.0.2.9
= NXRRSET

# there should be no such RRset, and there is none
nxrrset www AAAA
add new 60 A 192.0.2.9
= NOERROR 11
= +new 60 A 192.0.2.9

# there should be no such RRset, and there is no name
nxrrset nowhere A
add new 60 A 192.0.2.9
= NOERROR 11
= +new 60 A 192.0.2.9

# there should be no such RRset, and there is one
nxrrset www A
add new 60 A 192.0.2.9
= YXRRSET

# the RRset is as it should be
yxrrset www A 192.0.2.1
yxrrset www A 192.0.2.2
add new 60 A 192.0.2.9
= NOERROR 11
= +new 60 A 192.0.2.9

# the RRset is as it should be, in another order
yxrrset www A 192.0.2.2
yxrrset www TXT web
yxrrset www A 192.0.2.1
add new 60 A 192.0.2.9
= NOERROR 11
= +new 60 A 192.0.2.9

# a record of the RRset is not named
yxrrset www A 192.0.2.1
add new 60 A 192.0.2.9
= NXRRSET

# a record too many is named
yxrrset www A 192.0.2.1
yxrrset www A 192.0.2.2
yxrrset www A 192.0.2.3
add new 60 A 192.0.2.9
= NXRRSET

# a record is another
yxrrset www A 192.0.2.1
yxrrset www A 192.0.2.3
add new 60 A 192.0.2.9
= NXRRSET

# a record of the RRset is named twice
yxrrset www TXT web
yxrrset www TXT web
add new 60 A 192.0.2.9
= NOERROR 11
= +new 60 A 192.0.2.9
BIND = NXRRSET
BIND: RFC 2181 5: an RRset has no record twice; Knot sees it so, too

# names in RDATA of prerequisites are compared without case
yxrrset host PTR WWW
add new 60 A 192.0.2.9
= NOERROR 11
= +new 60 A 192.0.2.9

# an RRset with values at no name
yxrrset nowhere A 192.0.2.1
add new 60 A 192.0.2.9
= NXRRSET

# two RRsets with values, of which the second is another
yxrrset www TXT web
yxrrset mail AAAA 2001:db8::1
add new 60 A 192.0.2.9
= NXRRSET

# prerequisites with values are looked at last
yxrrset www A 192.0.2.3
nxdomain www
add new 60 A 192.0.2.9
= YXDOMAIN

# prerequisites are looked at in their order
yxdomain nowhere
nxdomain www
add new 60 A 192.0.2.9
= NXDOMAIN

# prerequisites in the other order
nxdomain www
yxdomain nowhere
add new 60 A 192.0.2.9
= YXDOMAIN

# prerequisites look at the zone as it was
nxdomain new
nxrrset new A
add new 60 A 192.0.2.9
= NOERROR 11
= +new 60 A 192.0.2.9

# prerequisites alone that hold
yxdomain www
= NOERROR 10

# prerequisites alone that do not hold
yxdomain nowhere
= NXDOMAIN

# nothing at all
= NOERROR 10

# a prerequisite outside of the zone
yxdomain www.elsewhere.net.
add new 60 A 192.0.2.9
= NOTZONE

# a prerequisite with values outside of the zone
yxrrset www.elsewhere.net. A 192.0.2.1
add new 60 A 192.0.2.9
= NOTZONE

# a prerequisite with a TTL
raw prereq www ANY ANY 1 -
add new 60 A 192.0.2.9
= FORMERR

# a prerequisite with values and a TTL
raw prereq www A IN 300 c0000201
add new 60 A 192.0.2.9
= FORMERR

# a TTL outside of the zone is still wrong
raw prereq www.elsewhere.net. ANY ANY 1 -
add new 60 A 192.0.2.9
= FORMERR

# a prerequisite of class ANY with RDATA
raw prereq www A ANY 0 c0000201
add new 60 A 192.0.2.9
= FORMERR

# a prerequisite of class NONE with RDATA
raw prereq www A NONE 0 c0000201
add new 60 A 192.0.2.9
= FORMERR

# a prerequisite of class CH
raw prereq www A CH 0 c0000201
add new 60 A 192.0.2.9
= FORMERR

# a prerequisite with values without RDATA
raw prereq www A IN 0 -
add new 60 A 192.0.2.9
= FORMERR

# a prerequisite of the type ANY and class IN
raw prereq www ANY IN 0 -
add new 60 A 192.0.2.9
= NXRRSET
Knot = FORMERR
Knot: RFC 2136 3.2.5 compares RRsets, and none has this type

# a prerequisite with the type AXFR
raw prereq www AXFR ANY 0 -
add new 60 A 192.0.2.9
= NXRRSET

# a prerequisite that no RRset of a meta type exists
raw prereq www MAILB NONE 0 -
add new 60 A 192.0.2.9
= NOERROR 11
= +new 60 A 192.0.2.9

# an RRset of an unknown type
text www TYPE65280 \\# 2 abcd
yxrrset www TYPE65280
add new 60 A 192.0.2.9
= NOERROR 11
= +new 60 A 192.0.2.9

# an RRset of an unknown type with its value
text www TYPE65280 \\# 2 abcd
yxrrset www TYPE65280 \\# 2 abcd
add new 60 A 192.0.2.9
= NOERROR 11
= +new 60 A 192.0.2.9

# an RRset of an unknown type with another value
text www TYPE65280 \\# 2 abcd
yxrrset www TYPE65280 \\# 2 abce
add new 60 A 192.0.2.9
= NXRRSET

# no zone section
zone -
add new 60 A 192.0.2.9
= FORMERR

# two zones
zone @ SOA IN
zone sub SOA IN
add new 60 A 192.0.2.9
= FORMERR
Knot: it gives no response; RFC 2136 3.1.1: FORMERR

# two zones of one name
zone @ SOA IN
zone @ SOA IN
add new 60 A 192.0.2.9
= FORMERR
Knot: it gives no response; RFC 2136 3.1.1: FORMERR

# a zone section of type A
zone @ A IN
add new 60 A 192.0.2.9
= FORMERR

# a zone that is not served
zone elsewhere.net. SOA IN
add new 60 A 192.0.2.9
= NOTAUTH

# a name within the zone
zone www SOA IN
add www 60 A 192.0.2.9
= NOTAUTH

# the zone in upper case
zone @ SOA IN
add WWW 300 A 192.0.2.9
= NOERROR 11
= +www 300 A 192.0.2.9

# the zone in class CH
zone @ SOA CH
add new 60 A 192.0.2.9
= NOTAUTH
BIND = NOTIMP
BIND: RFC 2136 3.1.2: NOTAUTH for a zone that is not served; it has no view of that class
Knot = NOTIMP
Knot: RFC 2136 3.1.2: NOTAUTH for a zone that is not served

# a message that is cut
add new 60 A 192.0.2.9
cut 2
= FORMERR

# octets behind the message
add new 60 A 192.0.2.9
append 00
= FORMERR
BIND = REFUSED
BIND: it passes over them, and then over nobody's signature

# an update outside of the zone
add new.elsewhere.net. 60 A 192.0.2.9
= NOTZONE

# a deletion outside of the zone
delete www.elsewhere.net. A
= NOTZONE

# one update within, one outside of the zone
add new 60 A 192.0.2.9
add new.elsewhere.net. 60 A 192.0.2.9
= NOTZONE

# an addition of the type ANY
raw update new ANY IN 60 -
= FORMERR

# an addition of the type AXFR
raw update new AXFR IN 60 -
= FORMERR

# an addition of the type MAILB
raw update new MAILB IN 60 c0000201
= FORMERR
Knot = NOERROR 11
Knot = +new 60 MAILB \\# 4 c0000201
Knot: RFC 6895 3.1: no meta type is data; it refuses only those that RFC 2136 3.4.1.3 names

# an addition of the type MAILA
raw update new MAILA IN 60 c0000201
= FORMERR
Knot = NOERROR 11
Knot = +new 60 MAILA \\# 4 c0000201
Knot: RFC 6895 3.1: no meta type is data; it refuses only those that RFC 2136 3.4.1.3 names

# an addition of an unassigned meta type
raw update new TYPE200 IN 60 c0000201
= FORMERR
Knot = NOERROR 11
Knot = +new 60 TYPE200 \\# 4 c0000201
Knot: RFC 6895 3.1: no meta type is data; it refuses only those that RFC 2136 3.4.1.3 names

# an addition of the type 0
raw update new TYPE0 IN 60 c0000201
= FORMERR
Knot = NOERROR 11
Knot = +new 60 TYPE0 \\# 4 c0000201
Knot: RFC 6895 3.1: no meta type is data; it refuses only those that RFC 2136 3.4.1.3 names

# an addition of the type OPT
raw update new OPT IN 60 -
= FORMERR

# an addition of the type TKEY
raw update new TKEY IN 60 -
= FORMERR

# an addition without RDATA
raw update new A IN 60 -
= FORMERR

# an addition with half an address
raw update new A IN 60 c000
= FORMERR

# an addition in class CH
raw update new A CH 60 c0000209
= FORMERR

# a deletion of an RRset with a TTL
raw update www A ANY 1 -
= FORMERR
Knot = NOERROR 11
Knot = -www 300 A 192.0.2.1
Knot = -www 300 A 192.0.2.2
Knot: RFC 2136 3.4.1.2: a TTL that is not zero is FORMERR

# a deletion of an RRset with RDATA
raw update www A ANY 0 c0000201
= FORMERR

# a deletion of a name with a TTL
raw update www ANY ANY 1 -
= FORMERR
Knot = NOERROR 11
Knot = -www 300 A 192.0.2.1
Knot = -www 300 A 192.0.2.2
Knot = -www 300 TXT "web"
Knot: RFC 2136 3.4.1.2: a TTL that is not zero is FORMERR

# a deletion of an RRset of the type AXFR
raw update www AXFR ANY 0 -
= FORMERR

# a deletion of a record with a TTL
raw update www A NONE 1 c0000201
= FORMERR

# a deletion of a record of the type ANY
raw update www ANY NONE 0 -
= FORMERR

# a deletion of a record of the type AXFR
raw update www AXFR NONE 0 -
= FORMERR

# a deletion of a record without RDATA
raw update www A NONE 0 -
= FORMERR
Knot = NOERROR 10
Knot: RFC 2136 2.5.4: the RDATA is that of the record

# what is wrong in an update is seen before prerequisites
yxdomain nowhere
raw update www A NONE 1 c0000201
= FORMERR
Knot = NXDOMAIN
Knot: RFC 2136 3.4.1 comes behind 3.2; as BIND, Atlas looks at what may not be first, so that nobody learns of the zone who may not change it

# a new name
add new 60 A 192.0.2.9
= NOERROR 11
= +new 60 A 192.0.2.9

# a new name far below another
add a.b.c.www 60 A 192.0.2.9
= NOERROR 11
= +a.b.c.www 60 A 192.0.2.9

# a record in an RRset
add www 300 A 192.0.2.9
= NOERROR 11
= +www 300 A 192.0.2.9

# a record that is there
add www 300 A 192.0.2.1
= NOERROR 10

# a record that is there, its owner in upper case
add WWW 300 A 192.0.2.1
= NOERROR 10
BIND = NOERROR 11
BIND: RFC 4343 3: it is the same name; it takes over the new case and raises the serial

# a record that is there with another TTL
add www 60 A 192.0.2.1
= NOERROR 11
= -www 300 A 192.0.2.1
= -www 300 A 192.0.2.2
= +www 60 A 192.0.2.1
= +www 60 A 192.0.2.2
Knot = NOERROR 10
Knot: RFC 2136 3.4.2.2: it replaces the one that is there

# a record with another TTL than the RRset
add www 60 A 192.0.2.9
= NOERROR 11
= -www 300 A 192.0.2.1
= -www 300 A 192.0.2.2
= +www 60 A 192.0.2.1
= +www 60 A 192.0.2.2
= +www 60 A 192.0.2.9

# the last TTL counts
add new 60 A 192.0.2.9
add new 90 A 192.0.2.10
= NOERROR 11
= +new 90 A 192.0.2.10
= +new 90 A 192.0.2.9

# a TTL of zero
add new 0 A 192.0.2.9
= NOERROR 11
= +new 0 A 192.0.2.9

# the largest TTL
add new 2147483647 A 192.0.2.9
= NOERROR 11
= +new 2147483647 A 192.0.2.9

# a TTL with its highest bit
add new 2147483648 A 192.0.2.9
= NOERROR 11
= +new 0 A 192.0.2.9

# one record twice
add new 60 A 192.0.2.9
add new 60 A 192.0.2.9
= NOERROR 11
= +new 60 A 192.0.2.9

# an unknown type
add new 60 TYPE65280 \\# 2 abcd
= NOERROR 11
= +new 60 TYPE65280 \\# 2 abcd

# a wildcard
add *.new 60 A 192.0.2.9
= NOERROR 11
= +*.new 60 A 192.0.2.9

# the RDATA in other case
add host 300 PTR WWW
= NOERROR 10

# glue
add ns2.sub 300 A 192.0.2.9
= NOERROR 11
= +ns2.sub 300 A 192.0.2.9

# data below a DNAME
add x.d 300 A 192.0.2.9
= REFUSED
BIND = NOERROR 11
BIND = +x.d 300 A 192.0.2.9
BIND: a DNAME hides what is below it (RFC 6672 5.2); Atlas, as Knot, keeps zones free of names that must not be there (2.4), as in zone files

# a delegation that hides names
add deep 300 NS ns.elsewhere.net.
= NOERROR 11
= +deep 300 NS ns.elsewhere.net.

# data at an empty non-terminal
add b.deep 300 A 192.0.2.9
= NOERROR 11
= +b.deep 300 A 192.0.2.9

# a CNAME beside other data
add www 300 CNAME mail
= NOERROR 10

# other data beside a CNAME
add alias 300 A 192.0.2.9
= NOERROR 10

# a CNAME in place of a CNAME
add alias 300 CNAME mail
= NOERROR 11
= -alias 300 CNAME www
= +alias 300 CNAME mail

# a CNAME that is there with another TTL
add alias 60 CNAME www
= NOERROR 11
= -alias 300 CNAME www
= +alias 60 CNAME www

# a CNAME with its target in upper case
add alias 300 CNAME WWW
= NOERROR 10

# two CNAMEs in one update
add new 60 CNAME www
add new 60 CNAME mail
= NOERROR 11
= +new 60 CNAME mail

# a CNAME and then an address
add new 60 CNAME www
add new 60 A 192.0.2.9
= NOERROR 11
= +new 60 CNAME www

# an address and then a CNAME
add new 60 A 192.0.2.9
add new 60 CNAME www
= NOERROR 11
= +new 60 A 192.0.2.9

# a CNAME at the apex
add @ 300 CNAME www
= NOERROR 10

# a CNAME at an empty non-terminal
add b.deep 300 CNAME www
= NOERROR 11
= +b.deep 300 CNAME www

# a CNAME where all was deleted
delete www
add www 300 CNAME mail
= NOERROR 11
= -www 300 A 192.0.2.1
= -www 300 A 192.0.2.2
= -www 300 TXT "web"
= +www 300 CNAME mail

# a CNAME where some was deleted
delete www A
add www 300 CNAME mail
= NOERROR 11
= -www 300 A 192.0.2.1
= -www 300 A 192.0.2.2

# an address where a CNAME was deleted
delete alias CNAME
add alias 300 A 192.0.2.9
= NOERROR 11
= -alias 300 CNAME www
= +alias 300 A 192.0.2.9

# a KEY beside a CNAME
add alias 300 KEY \\# 7 0200030d010203
= NOERROR 11
= +alias 300 KEY \\# 7 0200030d010203
Knot = NOERROR 10
Knot: RFC 2181 10.1: KEY may stand beside a CNAME

# a CNAME beside a KEY
add new 300 KEY \\# 7 0200030d010203
add new 300 CNAME www
= NOERROR 11
= +new 300 CNAME www
= +new 300 KEY \\# 7 0200030d010203
Knot = NOERROR 11
Knot = +new 300 KEY \\# 7 0200030d010203
Knot: RFC 2181 10.1: KEY may stand beside a CNAME

# a DNAME in place of a DNAME
add d 300 DNAME elsewhere.org.
= NOERROR 11
= -d 300 DNAME elsewhere.net.
= +d 300 DNAME elsewhere.org.
Knot: version 3.2 ends with a segmentation fault

# a DNAME beside a CNAME
add alias 300 DNAME elsewhere.org.
= NOERROR 10

# a CNAME beside a DNAME
add d 300 CNAME www
= NOERROR 10

# a DNAME above names
add deep 300 DNAME elsewhere.org.
= REFUSED
BIND = NOERROR 11
BIND = +deep 300 DNAME elsewhere.org.
BIND: a DNAME hides what is below it (RFC 6672 5.2); Atlas, as Knot, keeps zones free of names that must not be there (2.4), as in zone files

# a DNAME at the apex
add @ 300 DNAME elsewhere.org.
= REFUSED

# a DNAME at a wildcard
add *.new 300 DNAME elsewhere.org.
= NOERROR 10
Knot = NOERROR 11
Knot = +*.new 300 DNAME elsewhere.org.
Knot: RFC 4592 4.2, 4.4: it means nothing; BIND passes over it, too

# NS at a wildcard
add *.new 300 NS ns.elsewhere.net.
= NOERROR 10
Knot = NOERROR 11
Knot = +*.new 300 NS ns.elsewhere.net.
Knot: RFC 4592 4.2, 4.4: it means nothing; BIND passes over it, too

# a WKS of the same address and protocol
add wks 300 WKS 192.0.2.1 6 80
= NOERROR 11
= -wks 300 WKS 192.0.2.1 6 25
= +wks 300 WKS 192.0.2.1 6 80
Knot = NOERROR 11
Knot = +wks 300 WKS 192.0.2.1 6 80
Knot: RFC 2136 3.4.2.2: it replaces the one of its address and protocol

# a WKS of another protocol
add wks 300 WKS 192.0.2.1 1 80
= NOERROR 11
= +wks 300 WKS 192.0.2.1 1 80

# MD is obsolete
add new 300 TYPE3 \\# 6 046d61696c00
= NOERROR 10
Knot = NOERROR 11
Knot = +new 300 MD \\# 6 046d61696c00
Knot: RFC 1035 3.3.4: obsolete, and better not taken; BIND passes over them, too

# MF is obsolete
add new 300 TYPE4 \\# 6 046d61696c00
= NOERROR 10
Knot = NOERROR 11
Knot = +new 300 MF \\# 6 046d61696c00
Knot: RFC 1035 3.3.4: obsolete, and better not taken; BIND passes over them, too

# a SOA with a higher serial
add @ 300 SOA ns admin 50 3600 600 86400 300
= NOERROR 50

# a SOA with a higher serial and other values
add @ 600 SOA ns2 admin 50 7200 600 86400 60
= NOERROR 50

# a SOA with the same serial
add @ 300 SOA ns admin 10 7200 600 86400 300
= NOERROR 10

# a SOA with a lower serial
add @ 300 SOA ns admin 9 7200 600 86400 300
= NOERROR 10

# a SOA with a lower serial beside other changes
add @ 300 SOA ns admin 9 7200 600 86400 300
add new 60 A 192.0.2.9
= NOERROR 11
= +new 60 A 192.0.2.9

# a SOA with a higher serial beside other changes
add new 60 A 192.0.2.9
add @ 300 SOA ns admin 50 3600 600 86400 300
= NOERROR 50
= +new 60 A 192.0.2.9

# a SOA that is as far ahead as can be
add @ 300 SOA ns admin 2147483657 3600 600 86400 300
= NOERROR 2147483657

# a SOA that is half of the circle away
add @ 300 SOA ns admin 2147483658 3600 600 86400 300
= NOERROR 10
BIND = SERVFAIL
BIND: RFC 1982 3.2: it is not defined which is higher, so that it is passed over

# a SOA that is behind on the circle
add @ 300 SOA ns admin 4294967295 3600 600 86400 300
= NOERROR 10

# two SOAs with rising serials
add @ 300 SOA ns admin 50 3600 600 86400 300
add @ 300 SOA ns admin 60 3600 600 86400 300
= NOERROR 60

# two SOAs with falling serials
add @ 300 SOA ns admin 60 3600 600 86400 300
add @ 300 SOA ns admin 50 3600 600 86400 300
= NOERROR 60
Knot = NOERROR 50
Knot: RFC 2136 3.4.2.2: the second is lower than what the zone has by then

# a SOA below the apex
add www 300 SOA ns admin 50 3600 600 86400 300
= NOERROR 10

# a SOA beside a CNAME
add alias 300 SOA ns admin 50 3600 600 86400 300
= NOERROR 10

# the whole name
delete www
= NOERROR 11
= -www 300 A 192.0.2.1
= -www 300 A 192.0.2.2
= -www 300 TXT "web"

# a whole name that is not there
delete nowhere
= NOERROR 10

# a whole empty non-terminal
delete b.deep
= NOERROR 10

# the name that keeps an empty non-terminal
delete a.b.deep
= NOERROR 11
= -a.b.deep 300 TXT "deep"

# a whole name at the apex
delete @
= NOERROR 11
= -@ 300 MX 10 mail
= -@ 300 TXT "apex"

# an RRset
delete www A
= NOERROR 11
= -www 300 A 192.0.2.1
= -www 300 A 192.0.2.2

# an RRset that is not there
delete www AAAA
= NOERROR 10

# a record
delete www A 192.0.2.1
= NOERROR 11
= -www 300 A 192.0.2.1

# a record that is not there
delete www A 192.0.2.9
= NOERROR 10

# every record of an RRset
delete www A 192.0.2.1
delete www A 192.0.2.2
= NOERROR 11
= -www 300 A 192.0.2.1
= -www 300 A 192.0.2.2

# a record with its RDATA in upper case
delete host PTR WWW
= NOERROR 11
= -host 300 PTR www

# an RRset of an unknown type goes
text www TYPE65280 \\# 2 abcd
delete www TYPE65280
= NOERROR 11
= -www 300 TYPE65280 \\# 2 abcd

# a record of a wildcard
delete *.wild TXT wild
= NOERROR 11
= -*.wild 300 TXT "wild"

# what a wildcard makes is not there to delete
delete x.wild TXT wild
= NOERROR 10

# the SOA as an RRset
delete @ SOA
= NOERROR 10

# the SOA as a record
delete @ SOA ns admin 10 3600 600 86400 300
= NOERROR 10

# the NS RRset of the apex
delete @ NS
= NOERROR 10

# an NS record of the apex
delete @ NS ns
= NOERROR 11
= -@ 300 NS ns

# both NS records of the apex
delete @ NS ns
delete @ NS ns.elsewhere.net.
= NOERROR 11
= -@ 300 NS ns

# NS records of the apex in exchange for another
add @ 300 NS ns.elsewhere.org.
delete @ NS ns
delete @ NS ns.elsewhere.net.
= NOERROR 11
= -@ 300 NS ns
= -@ 300 NS ns.elsewhere.net.
= +@ 300 NS ns.elsewhere.org.

# an NS record of the apex that is not there
delete @ NS ns.elsewhere.org.
= NOERROR 10

# the MX RRset of the apex
delete @ MX
= NOERROR 11
= -@ 300 MX 10 mail

# NS of a delegation takes its DS along
delete sub NS
= NOERROR 11
= -sub 300 DS 12345 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
= -sub 300 NS ns.sub
Knot = NOERROR 11
Knot = -sub 300 NS ns.sub
Knot: RFC 4035 2.4: DS stands at delegations; BIND takes it along, too

# the whole name of a delegation
delete sub
= NOERROR 11
= -sub 300 DS 12345 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
= -sub 300 NS ns.sub

# DS where there is no delegation
add new 300 DS 12345 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
= NOERROR 10
BIND = NOERROR 11
BIND: the DS is passed over by both; it raises the serial all the same
Knot = NOERROR 11
Knot = +new 300 DS 12345 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
Knot: RFC 4035 2.4: DS stands at delegations; BIND passes over it, too

# DS at the apex
add @ 300 DS 12345 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
= NOERROR 10
Knot = NOERROR 11
Knot = +@ 300 DS 12345 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
Knot: RFC 4035 2.4: DS stands at delegations; BIND passes over it, too

# DS at a delegation of the same update
add new 300 DS 12345 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
add new 300 NS ns.elsewhere.net.
= NOERROR 11
= +new 300 DS 12345 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
= +new 300 NS ns.elsewhere.net.

# added and deleted
add new 60 A 192.0.2.9
delete new
= NOERROR 10

# deleted and added
delete www TXT
add www 300 TXT web
= NOERROR 10

# deleted and added with another TTL
delete www TXT
add www 60 TXT web
= NOERROR 11
= -www 300 TXT "web"
= +www 60 TXT "web"

# deleted and added as another
delete www A
add www 300 A 192.0.2.9
= NOERROR 11
= -www 300 A 192.0.2.1
= -www 300 A 192.0.2.2
= +www 300 A 192.0.2.9

# the address of a name server of the zone goes
delete ns A
= REFUSED
Knot = NOERROR 11
Knot = -ns 300 A 192.0.2.53
Knot: RFC 2136 says nothing of it; the zone could not be loaded again, and BIND refuses it, too

# the address of a name server changes
delete ns A
add ns 300 A 192.0.2.55
= NOERROR 11
= -ns 300 A 192.0.2.53
= +ns 300 A 192.0.2.55

# a name server becomes an alias
delete ns
add ns 300 CNAME www
= REFUSED
Knot = NOERROR 11
Knot = -ns 300 A 192.0.2.53
Knot = +ns 300 CNAME www
Knot: RFC 2136 says nothing of it; the zone could not be loaded again, and BIND refuses it, too

# a name server and its NS record go
delete @ NS ns
delete ns
= NOERROR 11
= -@ 300 NS ns
= -ns 300 A 192.0.2.53

# a name server without an address comes
add @ 300 NS ns2
= REFUSED
Knot = NOERROR 11
Knot = +@ 300 NS ns2
Knot: RFC 2136 says nothing of it; the zone could not be loaded again, and BIND refuses it, too

# a name server with an address comes
add @ 300 NS ns2
add ns2 300 A 192.0.2.56
= NOERROR 11
= +@ 300 NS ns2
= +ns2 300 A 192.0.2.56

# a name server that is an alias comes
add @ 300 NS alias
= REFUSED
Knot = NOERROR 11
Knot = +@ 300 NS alias
Knot: RFC 2136 says nothing of it; the zone could not be loaded again, and BIND refuses it, too

# a name server below a delegation comes
add @ 300 NS x.sub
= NOERROR 11
= +@ 300 NS x.sub

# a name server elsewhere comes
add @ 300 NS ns.elsewhere.org.
= NOERROR 11
= +@ 300 NS ns.elsewhere.org.

# an NSEC record comes
add www 300 NSEC x A
= REFUSED
Knot = NOERROR 11
Knot = +www 300 NSEC x A
Knot: there is no signer in the zone, which would be wrong with it; BIND does not take it either

# an NSEC RRset goes
delete www NSEC
= REFUSED
Knot = NOERROR 10
Knot: there is no signer in the zone, which would be wrong with it; BIND does not take it either

# an NSEC3 RRset goes
delete www NSEC3
= REFUSED
BIND = SERVFAIL
BIND: both refuse the types of denial; it fails over the zone without NSEC3
Knot = NOERROR 10
Knot: there is no signer in the zone, which would be wrong with it; BIND does not take it either

# an NSEC3PARAM comes
add @ 300 NSEC3PARAM 1 0 0 -
= REFUSED
BIND: it keeps a private record in its place, until there is a key; Atlas has no signer and says so
Knot = NOERROR 11
Knot = +@ 300 NSEC3PARAM 1 0 0 -
Knot: there is no signer in the zone, which would be wrong with it; BIND does not take it either

# a DNSKEY comes
add @ 300 DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==
= REFUSED
BIND = SERVFAIL
BIND: it fails for want of private keys; Atlas says that it does not do it
Knot = NOERROR 11
Knot = +@ 300 DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0d xCjjnopKl+GqJxpVXckHAeF+KkxLbxIL fDLUT0rAK9iUzy1L53eKGQ==
Knot: there is no signer in the zone, which would be wrong with it; BIND does not take it either

# a DNSKEY below the apex
add www 300 DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==
= NOERROR 11
= +www 300 DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0d xCjjnopKl+GqJxpVXckHAeF+KkxLbxIL fDLUT0rAK9iUzy1L53eKGQ==
BIND: it takes the key for one of the zone's, and adds a private record when it comes to it

# an RRSIG below the apex
add www 300 RRSIG A 13 3 300 20380101000000 20200101000000 1 @ AQID
= REFUSED
Knot = NOERROR 11
Knot = +www 300 RRSIG A 13 3 300 20380101000000 20200101000000 1 @ AQID
Knot: there is no signer in the zone, which would be wrong with it; BIND does not take it either

# an RRSIG at the apex
add @ 300 RRSIG MX 13 2 300 20380101000000 20200101000000 1 @ AQID
= NOERROR 11
= +@ 300 RRSIG MX 13 2 300 20380101000000 20200101000000 1 @ AQID

# RRSIGs of one key at the apex
add @ 300 RRSIG MX 13 2 300 20380101000000 20200101000000 1 @ AQID
add @ 300 RRSIG MX 13 2 300 20380201000000 20200101000000 1 @ AQIE
= NOERROR 11
= +@ 300 RRSIG MX 13 2 300 20380201000000 20200101000000 1 @ AQIE
Knot = NOERROR 11
Knot = +@ 300 RRSIG MX 13 2 300 20380101000000 20200101000000 1 @ AQID
Knot = +@ 300 RRSIG MX 13 2 300 20380201000000 20200101000000 1 @ AQIE
Knot: BIND, and Atlas with it, keeps one signature of a key for a type

# the RRSIGs of the apex go
delete @ RRSIG
= NOERROR 10

# CDS in an unsigned zone
add @ 300 CDS 0 0 0 00
= NOERROR 11
= +@ 300 CDS 0 0 0 00

# a signature of nobody
unsigned
add new 60 A 192.0.2.9
= REFUSED
Knot = NOTAUTH
Knot: RFC 2136 3.3: REFUSED is for those who may not

# over TCP
tcp
add new 60 A 192.0.2.9
= NOERROR 11
= +new 60 A 192.0.2.9
""".strip(),
    "u",
)
