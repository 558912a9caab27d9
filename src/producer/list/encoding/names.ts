/**
 * Names and words of languages, as they stand in lists of customers: first names, family names,
 * towns, and what people call their columns. Those with the letters that are told apart by; what is
 * learnt from them is in letters.ts. They were chosen so that each such letter stands beside the
 * letters it is usually found beside. To teach a language more, add words.
 */
export const NAMES = {
  fr: `
    prénom société téléphone numéro civilité été reçu créé à Élisée Émérance Hélène Désiré Éléonore
    Médéric Héloïse Gaël Bénédicte Mérovée Léa Jérémie Félicité Éloïse Gédéon Thérèse Élzéar Zoé
    Anicée Pénélope Bérangère Léon Émérencie Athénaïs Ségolène Amédée Joël Évangéline Rémi Néhémie
    Noé Anaël Éleuthère Pépin Cléry Créteil Aimé Céline Adèle Frédéric Léonie Zaché Élia Aimée Pré
    Mézières Séné Évry Méry Trélazé Château Plérin Cé Molière Sévigné Égrève Pérols Avé Béthune
    Déols Barthélémy Aubière Joué Crépy Jérôme Châteaux Évian Alès Péage Méru Ève Èze Île Îles Cœur
    Bœuf Œuvre Jœuf Marœuil sœur Loïc Anaïs naïf aiguë Où Dû Forêt Benoît Hôtel Fête Maître
    François Août Québec Sèvres Orléans Nîmes Évreux Lefèvre Chloé Désirée Agnès Geneviève Andréa
    Lætitia Françoise Stéphane Sébastien Valérie Cédric Aurélie Émilie Noémie Théo Raphaël Maël
    Inès Léo Renée Éric Étienne Cécile Mélanie Hervé Gérard Bérénice Amélie Clément Mickaël Gaëtan
    Béatrice Grégory Jérémy Solène Anaëlle Chloë Daphné Lefébure Lemaître Bérenger Gérald Mathéo
    Timothée Léonard Montréal Besançon Béziers Angoulême Chambéry`,
  de: `
    Straße Größe Käufer Geschäft Länder Grüße schön für Währung Hönig Grün Hürth Hördt Götz
    Köhrbrück Kühn Münch Röse Büttner Möcks Hübl Köln Thöne Müller Böhm Dörre Bürger Günz Lübke
    Göbel Häfner Hügel Höhe Wühn Küter Mörsch Töpfer Tächl Gröss Räntsch König Düren Gmünd Höcke
    Büscher Rüter Pöge Möller Schötz Görmer Mäder Mülheim Löwa Bühl Rüthen Großenlüder Büren
    Möckmühl Hörstel Hünxe Plön Lüchow Münden Höhr Riß Bünde Wörth Bönen Brühl Mülsen Düben Bützow
    Rösrath André René Jürgen Jörg Günther Käthe Weiß Strauß Groß Gießen Düsseldorf Österreich
    Überlingen Ägypten Schröder Schäfer Krüger Köhler Günter Björn Sören Jürgens Lübeck München
    Nürnberg Würzburg Tübingen Göttingen Bärbel Hänsel Röder Vögel Kröger Löffler Schürmann
    Böttcher Grünwald Wölfel Ömer Özgür Schütz Bäcker Brüggemann`,
  es: `
    teléfono dirección número código país año población compañía Girón Iván María León Marín Adán
    Niño Peña Chacón Ángel Frías Araña Colón Cortés Germán Martín Guillén Lebrón Díaz Ríos Durán
    Ramón Muñoz Márquez Lucía Núñez Ruíz Inés Aragón Hernán Nicolás Piña Ávila Báez Negrón Urías
    Galván Gálvez Méndez Téllez Rascón Línea Cádiz Montaño Ixtlán Morón Autlán Tehuacán Tías Có
    Unión Román Moaña Alcalá Orán Tomé Guía Odón Álamo Chajarí Coyoacán Adrià Ocotlán Mogán Itzá
    Agüero Güemes Íñigo Óscar Álvaro Úrsula Ñíguez Iñaki Logroño Avilés José Andrés Sofía Raúl
    Víctor Adrián Rubén Jesús Joaquín Mónica Verónica Begoña García González Rodríguez Fernández
    López Martínez Sánchez Pérez Gómez Jiménez Hernández Ramírez Domínguez Vázquez Gutiérrez
    Ortúñez Málaga Córdoba Almería Jaén Cáceres Castellón Ibáñez Yáñez Peñalver Concepción Belén
    Simón Tomás Sebastián Álvarez Suárez Castaño`,
  pt: `
    número endereço código país preço cartão saudação João coração Dão André Assunção Célia Paços
    Olhão José Gonçalo Ourém Ílhavo Mário Luís Tomé São Fiães César Simão Júlia Érica Fidélis
    Falcão Alcobaça Sá Lourenço Vânia Áurea Fábio Rúben Cacém Amélia Nazaré Íris Emília Márcia
    Moisés Côa Luísa Vitória Bragança Restauração Inês Ígor Mêda Araçuaí Ubá Fé Guaçuí Pará Caí
    Sepé Barão Mauá Içara Chã Monção Icó Solânea Jaú Goitá Unaí Antão Paço Ibaté Nerópolis Itaí Açu
    Ibiá Conceição Leitão Simões Antónia Ângela Gonçalves às Magalhães Português Brandão Guimarães
    Araújo Estêvão Lêdo Avô Avó Ubatã António Sónia Mónica Patrícia Cátia Flávio Antônio Júnior
    Vinícius Letícia Jéssica Tânia Lúcia Cláudia Cláudio Sérgio Rogério Brasília Goiânia
    Florianópolis Maranhão Ceará Belém Encarnação Leão Romão Sebastião Damião Estevão`,
  it: `
    città società località più caffè perché età Noè Spanò Calì Chilà Carè Calò Granà Macrì Agliè
    Viscò Mosè Gullì Patanè Laganà Esaù Mulè Marcianò Seclì Roncà Platì Nicolò Barillà Giosuè Orrù
    Frazzanò Salomè Bidonì Franzè Maierà Rhémy Calabrò Sanfrè Ciminà Senorbì Praticò Buddusò
    Codognè Zappalà Brigandì Lusigliè Pellicanò Pennestrì Dè Cà Vò Alì Onè Salò Alà Parè Strà Scò
    Fiè Silì Montà Roè Patù Cirò Zanè Dasà Merì Torpè Viganò Donà Falzè Magrè Colà Niccolò Cantù
    Forlì Gesù Pietà Cefalù Nardò Può Così Andrè Zoè Nicolè`,
  sv: `
    förnamn län övrigt kön språk Ström Björn Åke Ekström Björk Nyström Engström Jörgen Håkan Åsa
    Wikström Sjöberg Bergström Göran Månsson Hellström Åberg Jönsson Lindström Öberg Sjögren
    Åkesson Lundström Linnéa Torbjörn Nordström Löfgren Pålsson Sandström Björklund Håkansson
    Strömberg Söderberg Mårtensson Särö Nässjö Ås Fjärås Vännäs Förslöv Ödeshög Råneå Järvsö
    Jönköping Älvängen Åmål Lödöse Årjäng Hönö Söråker Öckerö Sävsjö Hälleforsnäs Träslövsläge
    Östervåla Mörbylånga Röbäck Jämjö Kågeröd Märta Sjöström Göteborg Malmö André Linné Örebro
    Växjö Västerås Sören Holmström Åström Hägglund Östersund Linköping Norrköping Umeå Luleå Gävle
    Mårten Pär Östlund Källström Fält Ljungström Åkerman`,
  da: `
    værdi beløb køn språk års Brørup Løgstør Søndersø Skærbæk Ødegård Tølløse Høng Sorø Bjørn Køge
    Strøby Præstø Værløse Søren Kibæk Solrød Ishøj Kjær Nørre Nær Rønde Jørgen Ølgod Korsør
    Nykøbing Høy Holbæk Sæby Rønne Dragør Rødding Årslev Østby Kås Sørlie Thurø Asnæs Langå Hørning
    Møller Ganløse Svejbæk Skørping Røed Trørød Ål Årøysund Nærbø Vågåmo Hørve Ås Ørje Måløy Rødby
    Skælskør Bø Årup Tjøme Røros Risør Vrå Måløv Århus Nygård Tromsø André Øystein Åse Æbeltoft
    Håkon Sørensen Ærø Bærum Ålborg Ålesund Lærke Bodø Øyvind Pål Jørgensen Østergaard Nørgaard
    Bødker Næss Bøe Ødegaard Strøm Bjørk Solvæg Frøya Kåre Bård Ståle Gjødvik`,
  fi: `
    määrä päivä lähiosoite äiti Mäkelä Väisänen Hämäläinen Räsänen Hyvinkää Jyväskylä Päivi
    Leppänen Mäkinen Heikkilä Järvinen Pitkänen Jämsä Kärkölä Kärsämäki Ypäjä Mäntsälä Järvenpää
    Vähäkyrö Jämijärvi Mänttä Ylihärmä Säkylä Älajärvi Tyrnävä Rääkkylä Alahärmä Köyliö Pyhäjärvi
    Lempäälä Jäppilä Mynämäki Ähtäri Pyhäselkä Vörå Ylöjärvi Pyhäntä Rymättylä Åbo Åland
    Västerbotten Öhman Äijälä Hyvärinen Pöyry Väinö Lehtimäki Nyström Hämeenlinna Seinäjoki
    Kärkkäinen Sjöholm`,
  is: `
    Guðrún Jóhanna Þórunn Sigríður Björn Þorsteinn Guðmundur Ólafur Kristján Ragnheiður Ásdís
    Sæmundur Þór Hafþór Davíð Jökull Ægir Örn Hörður Auður Fríða Þóra Ágúst Sölvi Úlfur Steinþór
    Gísli Magnús Sigurður Jón Páll Pétur Árni Védís Matthías Garðabær Hafnarfjörður Reykjavík
    Kópavogur Ísafjörður Seyðisfjörður Egilsstaðir Sauðárkrókur Guðlaug Þorgerður Ásta Sólveig
    Kolbrún Guðni Þorvaldur Hákon Símon Jóhannesson Guðmundsdóttir Jónsdóttir Ólafsdóttir Elín Íris
    Bryndís Kári Óskar Öxndal Ísak Rúnar`,
  nl: `
    Daniëlle Zoë Chloë Renée Loïs Geërfd Coördinator Desirée Noël Joëlle Raphaël Michaël Andreeën
    België Curaçao Hélène Priëel Tiëstö`,
  ca: `
    Núria Òscar Àlex Lluís Mercè Sòria Àngels Gràcia Col·legi Güell Raïmon Muñoz Lleó València
    Alcúdia Òdena Èric`,
  ga: `
    Seán Siobhán Róisín Máire Caoimhín Éamonn Pádraig Áine Ciarán Órla Úna Íde Mícheál Dún Ó`,
  sq: `
    Besë Çlirim Ilirë Gëzim Mirëlinda Përparim Dëfrim Rrëzarta Çerkez Shkëlqim Vlorë Durrës Sarandë
    Korçë Gjirokastër Lushnjë Prishtinë Pejë Mitrovicë Kukës Çekaj Hysënaj Bërisha Shpëtim Agnesë
    Bujanë`,
  et: `
    Tõnu Jüri Kõiv Mägi Pärt Jõgi Õnne Ülle Külli Märt Tõnis Õie Põld Rõõm Käärid Võsu Põlva Kärdla
    Jõhvi Põltsamaa Pärnu Võru Õunap Hännikäinen Mölder Kõrv Tänav Küttim Tõll Süda Ülo Öövel Jänes
    Kärt Mõttus Lõhmus Pärn Väli Šmidt Žukov Rätsep Põder Vään Kõre Järve Tõrva Räpina Tõstamaa
    Hüüru Jüriöö Lääne Sõrve Kõpu Õismäe Nõmme Mäeots Kütt Käo Žanna Šults Õun Rõuge`,
  pl: `
    imię miejscowość płeć język województwo wartość złoty zniżka Łochów Łapiński Żarów Sławków
    Głogów Nałęczów Żagań Płońsk Łuków Śliwiński Zagórów Koło Żyła Sławiński Złotów Zbąszyń Świątek
    Gołańcz Międzybórz Dynów Łódź Żerków Różański Ełk Miłosław Rafał Stępień Słowiński Ośno
    Łaszczów Dęba Gołąb Zabłudów Śląski Węgrów Głogówek Kałuża Jędrzejów Włocławek Świerczyński
    Wiązów Bieżuń Chełmiński Wołów Wisła Ożarów Pszów Świętego Janów Pińczów Białołeka Człuchów
    Śródmieście Łańcut Bełchatów Maków Oświęcim Łomża Żyrardów Źródło Paweł Michał Łukasz
    Świętosław Gdańsk Wrocław Rząśnik Wąbrzeźno Sępólno Świnoujście Kraśnik Bączek Mróz Zając Król
    Wiśniewski Dąbrowski Wójcik Małgorzata Stanisław Mirosław Jarosław Radosław Władysław Zdzisław
    Bogusław Wiesław Bronisław Łucja Róża Grażyna Elżbieta Bożena Żaneta Kamińska Kamiński
    Zieliński Wiśniewska Dąbrowska Kozłowski Jabłoński Jabłońska Piątek Pawłowski Górski Wróbel
    Wróblewski Górecki Żak Kraków Poznań Białystok Toruń Częstochowa Rzeszów Mińsk Wałbrzych Zamość
    Józef Józefa Ożóg Błaszczyk Gołębiewski Święcicki Pająk Cieślak Żary Żywiec Żnin`,
  cs: `
    jméno příjmení město číslo dárek částka Kč poznámka země pohlaví Levá Švábová Váňová Míková
    Žáčková Šírová Králíčková Černá Štěpánová Šišková Šestáková Křečková Černíková Bínová Eliášová
    Kováříková Bílá Šašková Řeháčková Křivánková Krátký Večeřová Zálešáková Květoš Šimáčková
    Ševčíková Doušová Česká Králíková Kořínková Štětí Žemličková Víšková Bělá Šafaříková Čiháková
    Řezáčová Šmídová Trávníčková Jonášová Jírová Černý Žižková Bečvářová České Třebová Zlín Zubří
    Třebíč Týniště Náměšť Děčín Mělník Lázně Ohří Králové Třešť Jičín Přelouč Český Lužnicí Hořice
    Třeboň Aš Světlá Jílové Žďár Jiří Dvořák Plzeň Tomáš Růžička Markéta Šťastná Přemysl Zdeněk
    Böhm Müllerová Němec Kůň Úřední Ústí Ďáblice Ťuk Ňáde Čeněk Evžen Lukáš Ondřej Kateřina Václav
    Miloš Aleš Luboš Bohouš Šárka Novák Nováková Novotný Novotná Dvořáková Procházka Kučera Veselý
    Veselá Horák Horáková Pokorný Pospíšil Hájek Král Jelínek Beneš Sedláček Doležal Kolář Kříž
    Čermák Vaněk Urbánek Blažek Kovář Budějovice Příbram Nový Řehoř`,
  sk: `
    číslo Nová Kováčová Nováková Jánošíková Líšková Kočišová Lukáčová Šulcová Pašková Kolárová
    Otčenášová Ľuboš Čapkovičová Dekýšová Janíková Šťastný Tatárová Mikušová Mišíková Želmíra
    Haščáková Kállayová Ružičková Ďurišová Albín Bošková Fabiánová Šidlová Veľký Krajčírová Lukáč
    Juríková Čaplovičová Otčenáš Haláková Šoltésová Daňová Ďaďová Pešková Ľubomír Bačová Halušková
    Urblíková Rybárová Šaľa Belá Spišská Nemšová Nové Šamorín Turá Žiar Hriňová Čadca Ľubovňa
    Štúrovo Považská Trenčín Mikuláš Zámky Stará Sládkovičovo Poltár Zlaté Tvrdošín Prešov Krtíš
    Holíč Ľudmila Ján Ôsmy Kôň Päť Vŕba Stĺp Ďurica Ťažký Ňuňo Mráz Žilina Košice Štefan Mária
    Katarína Horváth Kováč Tóth Baláž Molnár Banská Šimko Hudák Novák Oľga Kyseľ Topoľčany Cibuľa`,
  hu: `
    név vezetéknév keresztnév város cím megjegyzés összeg kedvezmény Ásványráró Kálmánháza Sárvár
    Nátán László Páprád Sényő Vácrátót Járdánháza Újkér Vöröstó Kővágószőlős Császártöltés Báránd
    Kásád Kömörő Márkó Kálló Rétság Zákányszék Gáspár Győrsövényház Nyírábrány Mátyás Ököritófülpös
    Jászárokszállás Ádám Sóskút Vásárosbéc Gátér Szőlősgyörök Máriakéménd Kánó Gödöllő Lénárddaróc
    Pálháza Lórév Tápióság Pétfürdő Jákó Csővár Nyékládháza Újfehértó Óbánya Csákvár Körösladány
    Mezőkovácsháza Tápiószentmárton Vásárosnamény Bátaszék Hajdúnánás Törökszentmiklós Pásztó
    Parádsasvár Békés Hódmezővásárhely Kőbánya Kisújszállás Nyíregyháza Gyömrő Sárbogárd Tát
    Szécsény Újkígyós Kiskőrös Nagykálló Győző Kővári Fűzfa Tünde Szűcs Tűzkő Ödön Őze Űr Ürmös Úr
    Íme Erdős Győr Dezső Mészőly Szőke Gergő György János József István Zoltán Éva Ágnes Zsófia
    Balázs Jenő Ernő Ottó Mária Erzsébet Márta Tímea Kovács Tóth Szabó Horváth Németh
    Székesfehérvár Kecskemét Érd Veszprém Békéscsaba Hegedűs Mező Kőszeg Dunaújváros Lőrinc Bőny
    Fertő Mezőtúr`,
  hr: `
    Žiga Matjaž Špela Urška Boštjan Tomaž Aleš Jože Božo Katjuša Anže Gašper Blaž Luža Črt Črnomelj
    Škofja Žužemberk Šmarje Kočevje Ljubečna Zupančič Kovačič Košir Žagar Šuštar Čeh Golež Jerše
    Hočevar Turšič županija općina šifra Ačić Ažić Šarić Dašić Čatić Gačić Pašić Čavić Kičić Gušić
    Čamdžić Đelošević Ičelić Šotić Aćić Dončić Ožanić Pašalić Lučić Roškić Barišić Šegavčić Ađić
    Kušić Božičić Gačević Đekić Pašagić Štefančić Pješčić ŽivićĆojbašić Čarnić Drčelić
    MilišićKovačević Madžić Šafarić Lužaić Đerašević Lečić Marošićević Ćukić Dračić Šajtoš
    Božičković Izačić Šerići Čačak Žitište Šajkaš Zaprešić Čečava Radišići Puračić Tržačka Tržič
    Žepče Šturlić Laško Malešići Vogošća Šekovići Čajniče Niš Stanišić Šenčur Jaša Foča Sežana
    Hadžići Štafilić Đurđa Čakovec Željko Jurčević Požega Đorđe Anđela Ćiro Živković Saša Siniša
    Miloš Uroš Kovačić Babić Marić Jurić Kovač Knežević Petrović Jovanović Nikolić Marković
    Đorđević Popović Božić Tomić Perić Pavlović Vuković Lončar Šabac Šibenik Varaždin Krešimir
    Tonči Anđa Žarko`,
  ro: `
    Ştefan Ioniţă Ţurcanu Bălan Mădălina Cătălin Răzvan Brânduşa Mihăiţă Ionuţ Constanţa Braşov
    Timişoara Iaşi Bacău Ploieşti Piteşti Argeş Buzău Galaţi Mureş Bistriţa Năsăud Gheorghiţă
    Mureşan Popiţan Ţepeş Şerban Ciobănoaia Crăciun Fărcaş Pătraşcu Râmnicu Vâlcea Târgovişte
    Câmpina Înăşel oraş judeţ ţară adresă Mărăşeşti Rădăuţi Reşiţa Călăraşi Căzăneşti Măgherăuş
    Sălişte Ghiţă Făgăraş Tăuţii Băileşti Călimăneşti Hârşova Brăduţ Vlăhiţa Dărmăneşti Gică
    Milişăuţi Oaş Florenţa Ştei Bălceşti Lăpuş Târnăveni Drăgăneşti Săliştea Lică Găeşti Vaşcău
    Nicuţă Zărneşti Speranţa Urlaţi Drăgăşani Sântana Mădălin Dragoş Câmpia Sărmaşu Olăneşti Băi
    Bărcăneşti Răuceşti Ştefăneşti Huşi Călineşti Vânători Criş Călugărească Brăneşti Ştefăniţă
    Înger Îl Sânziana Brăila Ţăran Ăsta Bistriţă Maricuţa Cătălina Nuţa Măriuca Bucureşti Dănilă
    Sârbu Lăcătuş Moş`,
  tr: `
    adı soyadı şehir ülke numarası müşteri doğum Çağrı Boğaç Çağdaş Şengül Akınçı Aşıkoğlu Özgür
    Kılıç Günçiçek Çağrıbeğ İrtiş Gökbörü Yıldırım Büküşboğa Kımızın Atıcı Gümüş Aşanboğa Çağla
    Güneş Kıraç İnç Gönültaş Kılıççı Şir Altınışık Öztürk Gündoğmuş Kırçiçek Bölükbaşı Çağan Ülkü
    Yıldızoğlu Sırrı Açığ Çişem Beğtüzün Körmükçü Boğaçuk İlgegü Ağlamış Bıçkıcı Çıngır Bürgüt
    Çamaş Ağrı Şefaatlı Kınık Çeşme Sındırgı Taşköprü Şavşat Kırkağaç Gölbaşı Gümüşhacıköy Çay
    İbradı Şişli Koçarlı Çerkeş Akçadağ Gürpınar Çatalhöyük Kırşehir Beşikdüzü Mazıdağı İmamoğlu
    Sandıklı Şarkîkaraağaç Andırın Yıldız Gülşen Ayşe Ğ Iğdır Kâmil Nâzım Rûşen Zihnî İsmail
    İbrahim İlknur Ömer Özlem Ünal Üsküdar Çiğdem Şule Doğan Tuğba Işık Gökhan Müjgân Hülya
    İstanbul İzmir Eskişehir Yılmaz Şahin Özdemir Özkan Çelik Aydın Güler Ayşegül Şeyma Büşra Uğur
    Oğuz İlhan Işıl Barış Yiğit Çetin Şükrü Erdoğan Beyoğlu Kadıköy Beşiktaş Diyarbakır Nevşehir
    Kırıkkale Muğla Balıkesir Şanlıurfa Elâzığ`,
  lt: `
    Žydrūnas Šarūnas Česlovas Živilė Rūta Eglė Jūratė Agnė Dovilė Giedrė Ąžuolas Kęstutis Žilvinas
    Užkalnis Šimkus Žukauskas Kazlauskienė Jankauskienė Vilčinskas Paulauskaitė Šiauliai Panevėžys
    Marijampolė Mažeikiai Kėdainiai Telšiai Plungė Ukmergė Tauragė Radviliškis Biržai Rokiškis
    Kuršėnai Joniškis Anykščiai Varėna Elektrėnai Gargždai Birutė Aistė Ramunė Vaidilutė Žygimantas
    Ąžuolaitė Šeškus Mažvydas Kęstas Ričardas Domantė Jūrė Rūtenis Ūla Šarūnė Žiobaitė Čepas
    Gudžiūnas Grįžulas Jūragis Kučinskas Stankevičius Petkevičius Urbonavičius Butkevičiūtė
    Balčiūnas Mačiulis Šulcas Žemaitis Ažubalis Vyšniauskas Radžiūnas Bružas Įmonė Ūkis Pažįstamas
    Vytautų Kazlų Rūda Šventoji Žemaičių Molėtai Rusnė Karmėlava Juodupė Vilkaviškis Palangė`,
  lv: `
    Jānis Pēteris Māris Aivārs Zigmārs Ģirts Kārlis Uģis Ēriks Līga Dāce Kristīne Anžela Ņikita
    Žanis Krišjānis Bērziņš Kalniņš Ozoliņš Krūmiņš Liepiņa Ābele Šķēle Vītols Jēkabsons Pētersone
    Kļaviņš Rīga Jūrmala Liepāja Rēzekne Jēkabpils Cēsis Ķekava Līvāni Mālpils Ķegums Vītiņš
    Mārtiņš Vītiņa Līna Mārīte Bīriņš Rūsiņš Ķēniņa Āboliņš Tīna Dīriķe Cālīte Kārkliņš Bērziņa
    Vītoliņš Frīda Kārkliņa Tālrīts Zīle Krēsliņš Vītoliņa Ināra Elīna Ķēniņš Dīriķis Āboliņa
    Zālīte Armīns Sējēja Ģertrūde Māra Bīriņa Aļģis Meškūna Bērzīte Dāvis Trīne Klāra Viļāni Žubīte
    Āboltiņš Cālītis Šīrante Kļaviņa Justīne Ūdris Šķirmante Žīgure Čakste Oļegs Ņina Ķīpsala
    Liepiņš Ādaži`,
  vi: `
    Nguyễn Trần Lê Phạm Hoàng Huỳnh Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Thị Hương Hằng
    Hạnh Đức Tuấn Hùng Dũng Cường Thảo Phương Ngọc Quỳnh Mỹ Đào Tường Quốc Bảo Thành
    Đình Sơn Việt Kiều Yến Nhật Hải Tiến Khánh Trường Vân Thủy Lệ Nghĩa Hiếu Trâm
    Phượng Lộc Hậu Kỳ Thắng Chương Giàu Bích Xuân Tâm Liên Ấu Ắt Ờ Ự Ỹ Ỷ Ỏ Ẩn Ẵm Ậu
    Ẹ Ẻo Ề Ễ Ợ Ừ Ữ Ụ Ủ Ỵ Ị Ỉ Õ Ọ Đơn Điệp Miên Đoàn Kiết Ân Điền Yên Hường Đôn
    Hán Hạ Đệ Hà Đàn Đăng Hạc Hân Hiển Viết Án Đại Phúc Tiên Hảo Thụ Thương Định Đường
    Tín Luận`,
  ru: `
    имя фамилия отчество телефон город номер клиент скидка Коновалова Саров Канск Мина Королева
    Анисимов Великий Новомосковск Тарасова Милан Серов Пономарева Борислав Валентина Городовиковск
    Селиверстова Курганинск Екатерина Максимильян Павловский Лазарев Константинова Алагир
    Дементьева Баранов Оленегорск Сковородино Адам Белокуриха Федосеева Красильников Анатолий
    Северобайкальск Никитин Русакова Чеслав Трофимова Ия Шарапов Сосногорск Петухова Кондрат
    Каменномостский Мартан Владимирова Гурьев Нинель Агафонова Сахалинский Волоколамск Улан
    Борисова Пономарев Герасимова Лотошино Евстигней Зеленогорск Доронина Макаров Константинов
    Териберка Армавир Якушева Новороссийск Калининград Филатова Севастьян Петропавловск Луки
    Колесникова Рыжков Эдуард Щукин Объедков Ёлкин Юрьев Чехов Пышкин Эльвира Жанна Цветков Крылова
    Выборнов Хрусталёв Фёдоров Анна Иван Сергей Ольга Дмитрий Наталья Алексей Мария Андрей Елена
    Татьяна Ирина Светлана Александр Николай Михаил Владимир Юлия Павел Ксения Виктор Игорь Олег
    Иванов Иванова Петров Петрова Смирнов Кузнецов Попов Соколов Москва Казань Самара`,
  uk: `
    ім'я прізвище місто телефон номер знижка Слава Марина Боровський Латанська Микола Валентина
    Горислав Данило Адріян Корецька Палій Романишина Барановський Севастополь Ладомир Віленіна
    Милославська Донецьк Анастасія Петрів Галина Орислава Бондаренко Братимир Коман Любослава
    Городоцький Артемівськ Валерій Меланія Павлишина Зореслава Гриневецька Анатолій Стигайло
    Ликович Ян Васильківський Радимир Паламарчук Лобачевська Станислава Аполлінарія Дмитришина
    Кіровоград Ярослав Маковецький Іннеса Катерина Олелько Гарнослав Троян Надія Благовіста
    Милодара Євген Їжак Ґалаґан Зінаїда Юрій Щербак Олексій Тетяна Сергій Оксана Ірина Наталія Київ
    Харків Львів Олена Юлія Андрій Дмитро Іван Петро Василь Шевченко Коваленко Ткаченко Кравченко
    Одеса`,
  be: `
    Аляксандр Уладзімір Ігар Сяргей Юлія Янка Кузняцоў Кавалёў Мікалай Тацяна Наталля Дзмітрый
    Вольга Аўгіння Ціхан Раіса Жданаў`,
  bg: `
    Георги Димитър Йордан Стефан Тодор Христо Ивайло Пламен Красимир Валентин Мария Иванка Елена
    Йорданка Пенка Галина Цветелина Божидар Ангел Щерев Ъглов Илиев Христова Петкова Тодорова Ружа
    Жечев Чавдар`,
  mk: `
    Пановска Стевковски Карова Манаковска Равановски Диневска Бојановска Милосавлев Тодоровски
    Станкова Тренчевска Герасимовска Валандово Киселинов Николеска Сариевски Атанасовска Јаконова
    Левенски Миладинова Костовска Дамовски Горан Петрушевска Бавтировска Манчев Старделова
    Нагоричане Ајановски Василија Дренков Митевска Константиновски Бислимовска Деспотовска Босилово
    Паланка Чемерски Ицев Манаковски Јовановска Бојаџиева Каранфиловска Екатерина Велимир`,
  sr: `
    Ђорђе Јован Милош Љубица Његош Чедомир Џевад Ђурђевић Стојановић Николић Петровић Јелена Милица
    Живко Шћепан Ћосић Љиљана Жељко Ненад Дејан Марија Вељко Зорица Урош`,
  el: `
    όνομα επώνυμο πόλη τηλέφωνο αριθμός Αλεξόπουλος Κανακάρης Αναστασιάδης Μαρκόπουλος Παπανικολάου
    Γιαννόπουλος Λαμέρας Κουντουριώτης Αμαλιάδα Δράκος Αγγελίδης Καλογιάννης Βασιλόπουλος
    Αλεξανδρούπολη Παπακωνσταντίνου Μαρια Αναστάσιος Ελευθερίου Δημητρακόπουλος Βλαστός Καρράς
    Ζάνος Γεωργιάδης Κουρμούλης Παιανία Βουγιουκλάκης Μιχαλολιάκος Δεσποινα Καλύβας Παπάγος
    Σταυρουλα Αγγελίδου Καραμήτσος Βλαβιανός Κρεστενίτης Λειβαδάς Διαμαντόπουλος Αλεξανδρίδης
    Κορωναίος Ιωάννης Θεσσαλονίκη Χαράλαμπος Δασκαλοπούλου Μαρής Αγρίνιο Ελευθεριάδης Γέρακας
    Κωνσταντινα Κορνάρος Παπαγεωργίου Κουταλιανός Αποστολίδης Γιαννακόπουλος Πάτρα Αλαβάνος Μεταξάς
    Αθανασιάδης Νικολάκος Ζαφειρόπουλος Άρτεμη Ευάγγελος Ήρα Ίκαρος Όθωνας Ύδρα Ώρα Άννα Έλλη Μαΐου
    Ψαράς Ξένια Βύρων Ζωή Φώτης Χρήστος Γιώργος Νίκος Κώστας Μαρία Ελένη Δημήτρης Γιάννης Κατερίνα
    Σοφία Βασίλης Παναγιώτης Αθήνα Παπαδόπουλος`,
  he: `
    אליה אורי מירון ים שונית ע'ג'ר מוריה אביאל נילי חורון בר ד'הרה עיינות איבים שירי יוליה אלון
    מרידור אודים לבונה נירית גב רופין ישראלי חיל מיה שמעון תימורים אריאלה קידר אובות סיני פרוש בית
    זר עמים אבנון גיורא הוזייל שומריה כרמלי מודיעין צובה ג'נאביב חולית יאיר ערוגות אלונים נהורה ברי
    משעול קורן לירוי הוואשלה ארתור שורשים גליה רביד טלמון עדיני מישר סופיה דורית חניאל איילון
    נוקדים שבלי רוחמה ברעוז יפרח אחיטוב מרגליות אביעזר ירדנה תאומים נתיבות חרמון יריחו שמאי קיסריה
    כישור היג'א זוהרים בועיינה גבעון נחליאל מגד אורנית דרום עראמשה צוף אדוני ג'לג'וליה בנימין
    עמנואל דוד משה יוסף רחל שרה כהן לוי מזרחי פרץ ביטון אברהם יעקב חנה רבקה צבי גיא טל ץ ף ך ם`,
  ar: `
    الريان الحمامي مراد الدار ريم عدي بلال المنامة حسان منير فاس العنابي نور سليم عمران جاد المدينة
    منيب الكافي أسوان دريد رام القادسية عارف بابل نيفر حانون محمود العلاني فاكر سماح صبري الرويس
    جميل معين الشرقية بوهاها الخيام شفيق واصف رمزي حلب ماجد النجار ربيع عز حيدرة ابراهيم خلدون أمير
    عبدالله ياسر السلام الشيباني فرحات نعمان سامراء شادي بورسعيد النابلي الكريم جازان محمد قلقيلية
    عطا صفوان نصر المقداد توفيق طيب أربيل مجدي راسم بنسلامة فارس عاشور لويني وسيم دمياط القاهرة
    الأحمدي مصلح ركان غازي المنيف نضال عدلان سريج مسعود إياس بيسان فاروق البشيري حاجب جراد أحمد
    إبراهيم آمنة فؤاد لؤي هيئة مرتضى حمزة غزة فاطمة خالد يوسف ظافر ثابت ذكي ضياء طارق شيماء`,
  th: `
    กรณ์ สุริยา พรรัตน์ วรินทร นันทิตา สิรารัตน์ มานิดา ธนาภา อารี สุทธิพงศ์ กันติชา เกศราภรณ์
    จิระภัทร วรวินาย ศิวัชญา ณัฐพล พิรานันท์ ประภาลักษณ์ อรพรรณ กิตติชัย กรรณิการ์ ภาวินี อิสรีย์
    รัชนิดา สุทธิศักดิ์ ธนัญญา วิมาลิน นันทิพัฒน์ เจียวนอก ภัทราพร ปิติพงษ์ วรรณี สุดารัตน์ ปริยากร
    ชานน จันติมา พีระพล สุพิตรา ณัทกาญจน์ ศุภัสสรณ์ พัชริญา เรืองเกียรติ นิรุชา วรินทธิ์ธร บางพิมาย
    ธนวันต์ ทิภาพรรณ วงศ์สีสุก สิริชัย อัญญารัตน์ กฤติยาณี มนิดา เสาวลักษณ์ อนุวัต ศิริกุล
    นูรเดียนา วีรภัทร ธิดาทิพย์ สุรวิชญ์ ชินกร`,
} as const;

export type Language = keyof typeof NAMES;
