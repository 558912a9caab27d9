/**
 * Which country and time zones phone numbers are in, by their first digits: the longest beginning
 * that is listed decides. An entry: country, time zones, beginnings. Of time zones whose clocks
 * agree until 2036 one is named. A number can be ported: this is the zone of the number, not of
 * the person.
 *
 * Made by scripts/zone-data.mjs. Area codes of +1, +52 and +55 are from the file
 * resources/timezones/map_data.txt of google/libphonenumber at f7e3e88c (2026-07-17), Copyright
 * (C) 2012 The Libphonenumber Authors, licensed under the Apache License, Version 2.0
 * (http://www.apache.org/licenses/LICENSE-2.0); changed: cut to area codes, and corrected where
 * that script says so. Countries are from zone.tab of the time zone database 2025b (public
 * domain).
 */
export const PHONE_ZONES = `
AC Atlantic/St_Helena 247; AD Europe/Andorra 376; AE Asia/Dubai 971; AF Asia/Kabul 93; AL
Europe/Tirane 355; AM Asia/Yerevan 374; AO Africa/Luanda 244; AR America/Argentina/Buenos_Aires
54; AS Pacific/Pago_Pago 1684; AT Europe/Vienna 43; AU Australia/Sydney Australia/Adelaide
Australia/Lord_Howe Australia/Brisbane Australia/Darwin Australia/Perth Australia/Eucla 61; AW
America/Aruba 297; AZ Asia/Baku 994; BA Europe/Sarajevo 387; BB America/Barbados 1246; BD
Asia/Dhaka 880; BE Europe/Brussels 32; BF Africa/Ouagadougou 226; BG Europe/Sofia 359; BH
Asia/Bahrain 973; BI Africa/Bujumbura 257; BJ Africa/Porto-Novo 229; BM Atlantic/Bermuda 1441; BN
Asia/Brunei 673; BO America/La_Paz 591; BR America/Manaus 5565 5566 5595; BR America/Manaus
America/Rio_Branco 5597; BR America/Manaus America/Sao_Paulo 5567 5569 5591 5592 5593 5594; BR
America/Rio_Branco 5568; BR America/Sao_Paulo 5511 5512 5513 5514 5515 5516 5517 5518 5519 5520
5521 5522 5523 5524 5525 5526 5527 5528 5529 5530 5531 5532 5533 5534 5535 5536 5537 5538 5539
5540 5541 5542 5543 5544 5545 5546 5547 5548 5549 5550 5551 5553 5554 5561 5562 5563 5564 5570
5571 5572 5573 5574 5575 5576 5577 5578 5579 5580 5582 5583 5584 5585 5586 5587 5588 5589 5590
5596 5598 5599; BR America/Sao_Paulo America/Manaus 5555; BR America/Sao_Paulo America/Manaus
America/Rio_Branco America/Noronha 55; BR America/Sao_Paulo America/Noronha 5581; BT Asia/Thimphu
975; BW Africa/Gaborone 267; BY Europe/Minsk 375; BZ America/Belize 501; CA America/Edmonton 1368
1403 1587 1780 1825; CA America/Halifax 1428 1506 1782 1902; CA America/Puerto_Rico
America/St_Johns America/Halifax 1709 1879; CA America/Regina 1306 1474 1639; CA America/Toronto
1226 1249 1263 1289 1343 1354 1365 1382 1416 1437 1438 1450 1468 1514 1519 1548 1579 1613 1647
1683 1705 1742 1753 1819 1873 1905 1942; CA America/Toronto America/Halifax 1367 1418 1581; CA
America/Toronto America/Winnipeg 1807; CA America/Vancouver 1604; CA America/Vancouver
America/Edmonton 1236 1250 1257 1672 1778; CA America/Winnipeg 1204 1431 1584; CA America/Winnipeg
America/Toronto America/Fort_Nelson America/Vancouver America/Edmonton 1867; CC Indian/Cocos
6189162; CD Africa/Kinshasa Africa/Lubumbashi 243; CF Africa/Bangui 236; CG Africa/Brazzaville
242; CH Europe/Zurich 41; CI Africa/Abidjan 225; CK Pacific/Rarotonga 682; CL America/Santiago
America/Coyhaique Pacific/Easter 56; CM Africa/Douala 237; CN Asia/Shanghai 86; CO America/Bogota
57; CR America/Costa_Rica 506; CU America/Havana 53; CV Atlantic/Cape_Verde 238; CW
America/Curacao 599; CX Indian/Christmas 6189164; CY Asia/Nicosia 357; CZ Europe/Prague 420; DE
Europe/Berlin 49; DJ Africa/Djibouti 253; DK Europe/Copenhagen 45; DM America/Dominica 1767; DO
America/Santo_Domingo 1809 1829 1849; DZ Africa/Algiers 213; EC America/Guayaquil
Pacific/Galapagos 593; EE Europe/Tallinn 372; EG Africa/Cairo 20; ER Africa/Asmara 291; ES
Europe/Madrid Atlantic/Canary 34; ET Africa/Addis_Ababa 251; FI Europe/Helsinki 358; FJ
Pacific/Fiji 679; FK Atlantic/Stanley 500; FM Pacific/Chuuk Pacific/Pohnpei 691; FO Atlantic/Faroe
298; FR Europe/Paris 33; GA Africa/Libreville 241; GB Europe/London 44; GE Asia/Tbilisi 995; GF
America/Cayenne 594; GH Africa/Accra 233; GI Europe/Gibraltar 350; GL America/Nuuk
America/Danmarkshavn America/Thule 299; GM Africa/Banjul 220; GN Africa/Conakry 224; GP
America/Guadeloupe 590; GQ Africa/Malabo 240; GR Europe/Athens 30; GT America/Guatemala 502; GU
Pacific/Guam 1671; GW Africa/Bissau 245; GY America/Guyana 592; HK Asia/Hong_Kong 852; HN
America/Tegucigalpa 504; HR Europe/Zagreb 385; HT America/Port-au-Prince 509; HU Europe/Budapest
36; ID Asia/Jakarta Asia/Makassar Asia/Jayapura 62; IE Europe/Dublin 353; IL Asia/Jerusalem 972;
IN Asia/Kolkata 91; IO Indian/Chagos 246; IQ Asia/Baghdad 964; IR Asia/Tehran 98; IS
Atlantic/Reykjavik 354; IT Europe/Rome 39; JM America/Jamaica 1658 1876; JO Asia/Amman 962; JP
Asia/Tokyo 81; KE Africa/Nairobi 254; KG Asia/Bishkek 996; KH Asia/Phnom_Penh 855; KI
Pacific/Tarawa Pacific/Kanton Pacific/Kiritimati 686; KM Indian/Comoro 269; KN America/St_Kitts
1869; KP Asia/Pyongyang 850; KR Asia/Seoul 82; KW Asia/Kuwait 965; KZ Asia/Almaty 76 77; LA
Asia/Vientiane 856; LB Asia/Beirut 961; LC America/St_Lucia 1758; LI Europe/Vaduz 423; LK
Asia/Colombo 94; LR Africa/Monrovia 231; LS Africa/Maseru 266; LT Europe/Vilnius 370; LU
Europe/Luxembourg 352; LV Europe/Riga 371; LY Africa/Tripoli 218; MA Africa/Casablanca 212; MC
Europe/Monaco 377; MD Europe/Chisinau 373; ME Europe/Podgorica 382; MG Indian/Antananarivo 261; MH
Pacific/Majuro 692; MK Europe/Skopje 389; ML Africa/Bamako 223; MM Asia/Yangon 95; MN
Asia/Ulaanbaatar Asia/Hovd 976; MO Asia/Macau 853; MP Pacific/Saipan 1670; MQ America/Martinique
596; MR Africa/Nouakchott 222; MS America/Montserrat 1664; MT Europe/Malta 356; MU
Indian/Mauritius 230; MV Indian/Maldives 960; MW Africa/Blantyre 265; MX America/Cancun 52983
52984 52987 52998; MX America/Ciudad_Juarez 52656; MX America/Matamoros 52867 52877 52878 52894
52899; MX America/Mazatlan America/Mexico_City 52311 52319 52323 52324 52325 52327 52389 52612
52613 52614 52615 52620 52621 52622 52623 52624 52625 52627 52628 52629 5263 52640 52641 52642
52643 52644 52645 52647 52648 52649 52651 52652 52653 52657 52659 52660 52662 52667 52668 52669
52672 52673 52687 5269; MX America/Mexico_City 52201 52202 52203 52204 52205 52206 52207 52208
52209 5221 5222 5223 5224 5225 5226 5227 5228 5229 5230 52310 52312 52313 52314 52315 52316 52317
52318 52320 52321 52322 52326 52328 52329 5233 5234 5235 5236 5237 52380 52381 52382 52383 52384
52385 52386 52387 52388 5239 524 525 52618 52663 52671 52674 52675 52676 52677 527 5280 5281 5282
5283 5284 5285 52860 52861 52862 52863 52864 52865 52866 52868 52869 52870 52871 52872 52873 52874
52875 52876 52879 5288 52890 52891 52892 52893 52895 52896 52897 52898 5290 5291 5292 5293 5294
5295 5296 5297 52980 52981 52982 52985 52986 52988 52989 52990 52991 52992 52993 52994 52995 52996
52997 52999; MX America/Mexico_City America/Cancun America/Matamoros America/Ciudad_Juarez
America/Mazatlan America/Tijuana 52; MX America/Mexico_City America/Tijuana 52200; MX
America/Ojinaga 52626; MX America/Tijuana 52616 52646 52658 52661 52664 52665 52686; MY
Asia/Kuala_Lumpur 60; MZ Africa/Maputo 258; NA Africa/Windhoek 264; NC Pacific/Noumea 687; NE
Africa/Niamey 227; NF Pacific/Norfolk 672; NG Africa/Lagos 234; NI America/Managua 505; NL
Europe/Amsterdam 31; NO Europe/Oslo 47; NP Asia/Kathmandu 977; NR Pacific/Nauru 674; NU
Pacific/Niue 683; NZ Pacific/Auckland Pacific/Chatham 64; OM Asia/Muscat 968; PA America/Panama
507; PE America/Lima 51; PF Pacific/Tahiti Pacific/Marquesas Pacific/Gambier 689; PG
Pacific/Port_Moresby Pacific/Bougainville 675; PH Asia/Manila 63; PK Asia/Karachi 92; PL
Europe/Warsaw 48; PM America/Miquelon 508; PR America/Puerto_Rico 1787 1939; PS Asia/Gaza 970; PT
Europe/Lisbon Atlantic/Azores 351; PW Pacific/Palau 680; PY America/Asuncion 595; QA Asia/Qatar
974; RE Indian/Reunion Indian/Mayotte 262; RO Europe/Bucharest 40; RS Europe/Belgrade 381; RU
Europe/Moscow Europe/Kaliningrad Europe/Astrakhan Asia/Yekaterinburg Asia/Omsk Asia/Novosibirsk
Asia/Irkutsk Asia/Chita Asia/Vladivostok Asia/Magadan Asia/Kamchatka 7; RW Africa/Kigali 250; SA
Asia/Riyadh 966; SB Pacific/Guadalcanal 677; SC Indian/Mahe 248; SD Africa/Khartoum 249; SE
Europe/Stockholm 46; SG Asia/Singapore 65; SH Atlantic/St_Helena 290; SI Europe/Ljubljana 386; SK
Europe/Bratislava 421; SL Africa/Freetown 232; SM Europe/San_Marino 378; SN Africa/Dakar 221; SO
Africa/Mogadishu 252; SR America/Paramaribo 597; SS Africa/Juba 211; ST Africa/Sao_Tome 239; SV
America/El_Salvador 503; SY Asia/Damascus 963; SZ Africa/Mbabane 268; TD Africa/Ndjamena 235; TG
Africa/Lome 228; TH Asia/Bangkok 66; TJ Asia/Dushanbe 992; TK Pacific/Fakaofo 690; TL Asia/Dili
670; TM Asia/Ashgabat 993; TN Africa/Tunis 216; TO Pacific/Tongatapu 676; TR Europe/Istanbul 90;
TT America/Port_of_Spain 1868; TV Pacific/Funafuti 688; TW Asia/Taipei 886; TZ
Africa/Dar_es_Salaam 255; UA Europe/Kyiv 380; UG Africa/Kampala 256; US America/Adak
America/Anchorage Pacific/Honolulu 1907; US America/Boise America/Los_Angeles 1208 1775 1986; US
America/Chicago 1205 1210 1214 1217 1218 1224 1225 1228 1235 1251 1254 1256 1262 1274 1281 1309
1312 1314 1316 1318 1319 1320 1325 1327 1331 1334 1337 1346 1353 1361 1402 1405 1409 1414 1417
1430 1432 1447 1464 1469 1479 1501 1504 1507 1512 1515 1531 1534 1539 1557 1563 1572 1573 1580
1601 1608 1612 1615 1618 1629 1630 1636 1641 1651 1659 1660 1662 1682 1689 1708 1712 1713 1715
1726 1730 1731 1737 1763 1769 1773 1779 1806 1815 1816 1817 1830 1832 1847 1870 1872 1901 1903
1913 1918 1920 1931 1936 1938 1940 1945 1952 1956 1972 1975 1979 1985; US America/Chicago
America/Denver 1308 1620 1785; US America/Chicago America/New_York 1423; US America/Denver 1303
1307 1385 1406 1435 1505 1575 1719 1720 1748 1801 1915 1970 1983; US America/Denver
America/North_Dakota/Center 1605 1701; US America/Los_Angeles 1206 1209 1213 1253 1279 1310 1323
1341 1350 1360 1369 1408 1415 1424 1425 1442 1503 1509 1510 1530 1559 1562 1564 1619 1626 1628
1650 1657 1661 1669 1702 1707 1714 1725 1738 1747 1760 1805 1818 1820 1831 1840 1858 1909 1916
1925 1949 1951 1971; US America/Los_Angeles America/Denver 1458 1541; US America/New_York 1201
1202 1203 1207 1212 1215 1216 1220 1223 1227 1229 1231 1234 1239 1240 1248 1252 1260 1267 1269
1272 1276 1283 1301 1302 1304 1305 1313 1315 1317 1321 1324 1326 1329 1330 1332 1336 1339 1347
1351 1352 1363 1380 1386 1401 1404 1407 1410 1412 1413 1419 1434 1440 1443 1445 1463 1470 1472
1475 1478 1484 1502 1508 1513 1516 1517 1518 1540 1551 1561 1567 1570 1571 1582 1585 1586 1603
1607 1609 1610 1614 1616 1617 1631 1640 1645 1646 1656 1667 1678 1680 1681 1686 1703 1704 1706
1716 1717 1718 1724 1727 1728 1732 1734 1740 1743 1754 1757 1762 1765 1770 1771 1772 1774 1781
1786 1802 1803 1804 1810 1813 1814 1821 1826 1828 1835 1838 1839 1843 1845 1848 1854 1856 1857
1859 1860 1862 1863 1864 1865 1878 1904 1908 1910 1912 1914 1917 1919 1929 1934 1937 1941 1943
1947 1948 1954 1959 1973 1978 1980 1984 1989; US America/New_York America/Chicago 1219 1270 1364
1448 1574 1606 1812 1850 1906 1930; US America/Phoenix 1480 1520 1602 1623; US America/Phoenix
America/Denver 1928; US America/Toronto America/Winnipeg America/Denver America/Phoenix
America/Los_Angeles America/Anchorage America/Adak Pacific/Honolulu America/St_Johns
America/Halifax America/Blanc-Sablon America/Atikokan America/Regina 1; US Pacific/Honolulu 1808;
UY America/Montevideo 598; UZ Asia/Samarkand 998; VC America/St_Vincent 1784; VE America/Caracas
58; VI America/St_Thomas 1340; VN Asia/Ho_Chi_Minh 84; VU Pacific/Efate 678; WF Pacific/Wallis
681; WS Pacific/Apia 685; XK Europe/Belgrade 383; YE Asia/Aden 967; ZA Africa/Johannesburg 27; ZM
Africa/Lusaka 260; ZW Africa/Harare 263
`;
