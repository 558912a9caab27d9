import type { Encoding } from "../../../../src/core/encoding.ts";

/** Customers of a shop in one country, as such lists have them, and the encodings they come in. */
export interface NameList {
  readonly language: string;
  readonly encodings: readonly Encoding[];
  readonly names: readonly string[];
}

const list = (language: string, encodings: readonly Encoding[], names: string): NameList => ({
  language,
  encodings,
  names: names.split(", "),
});

export const NAME_LISTS: readonly NameList[] = [
  list(
    "Polish",
    ["windows-1250", "iso-8859-2", "cp852", "mac-ce"],
    "Jolanta Wiśniewska, Paweł Gołębiewski, Żaneta Brzęczyszczykiewicz, Łukasz Ćwik, Michał Żółtowski, Zofia Kłos, Bożena Słoń, Grażyna Wójtowicz, Józef Pączek, Dariusz Świerk, Anna Jędrzejczyk, Marek Krzyżanowski, Róża Śmigły",
  ),
  list(
    "Czech",
    ["windows-1250", "iso-8859-2", "cp852"],
    "Jiří Dvořáček, Tomáš Hruška, Markéta Šťastná, Ondřej Kučera, Zdeňka Bílková, Luděk Řezníček, Kateřina Žáková, Přemysl Čapek, Růžena Vítková, Alžběta Němcová, Bořivoj Ševčík, Světlana Dušková",
  ),
  list(
    "Slovak",
    ["windows-1250"],
    "Ľubica Hrušovská, Ján Kováčik, Mária Tóthová, Štefan Žiak, Zuzana Ďuricová, Jozef Šoltés, Ľuboš Hlaváč, Katarína Čierna, Ondrej Mišík, Alžbeta Príbelská",
  ),
  list(
    "Hungarian",
    ["windows-1250", "cp852"],
    "Győző Kővári, Éva Szűcs, István Nagyné, Zsófia Őri, Gergő Kiss, Ágnes Hegedűs, László Bődör, Tünde Füzesi, Ödön Tűri, Katalin Széles, Jenő Erdősi, Márta Görög",
  ),
  list(
    "Croatian",
    ["windows-1250"],
    "Željka Jurišić, Đuro Šimić, Anđela Čović, Krešimir Babić, Ružica Đurić, Tomislav Žanić, Mladen Bošnjak, Dražen Ćuk, Saša Kovačević, Nikolina Špoljarić",
  ),
  list(
    "Romanian",
    ["windows-1250"],
    "Ştefan Ţurcanu, Mădălina Bălan, Ioniţă Crăciun, Cătălin Şerban, Brânduşa Mureşan, Răzvan Pătraşcu, Gheorghiţă Moş, Sânziana Râpă, Ţuţu Grigoraş",
  ),
  list(
    "German",
    ["windows-1252", "windows-1250", "cp850", "mac-roman"],
    "Jürgen Müller, Sören Groß, Jörg Weißmann, Bärbel Schäfer, Günther Kühn, Käthe Böttger, Björn Höfer, Ute Rößler, Ömer Yüksel, Ursula Königsmann, Änne Strauß",
  ),
  list(
    "French",
    ["windows-1252", "cp850", "mac-roman"],
    "Chloé Lefèvre, François Noël, Zoë Dumas, Hélène Bérard, Jérôme Côté, Anaïs Fournier, Frédéric Prévost, Gaëlle Desprès, Benoît Châtelain, Cécile Maître, Éloïse Garçon",
  ),
  list(
    "Spanish",
    ["windows-1252", "mac-roman", "cp850"],
    "Iñaki Muñoz, María Núñez, José Ibáñez, Begoña Martín, Raúl Sáez, Sofía Giménez, Íñigo Ordóñez, Mónica Peña, Jesús Cañete, Verónica Díaz, Andrés Güell",
  ),
  list(
    "Portuguese",
    ["windows-1252", "mac-roman"],
    "João Gonçalves, Inês Simões, Conceição Leitão, António Falcão, Patrícia Brandão, Luís Guimarães, Sebastião Lourenço, Cátia Assunção, Mário Antão, Lívia Araújo",
  ),
  list(
    "Italian",
    ["windows-1252"],
    "Niccolò Cantù, Giosuè Pietà, Salomè Forlì, Mosè Barillà, Nicolò Zappalà, Zoè Calabrò, Teresa Marcianò, Andrea Orrù, Pina Sgrò",
  ),
  list(
    "Swedish",
    ["windows-1252", "cp850"],
    "Åsa Sjöström, Märta Öberg, Göran Åkesson, Jörgen Hägg, Björn Lövgren, Håkan Söderlund, Pär Ångström, Ulf Käll, Östen Mårtensson",
  ),
  list(
    "Danish",
    ["windows-1252", "iso-8859-15"],
    "Søren Kjær, Bjørn Nygård, Åse Østergaard, Jørgen Bæk, Kåre Sørensen, Mette Højgaard, Øystein Bråten, Lærke Rødgaard, Pål Grønning",
  ),
  list(
    "Icelandic",
    ["windows-1252"],
    "Guðrún Þorsteinsdóttir, Sigurður Jónsson, Þórunn Ólafsdóttir, Ragnheiður Ægisdóttir, Hörður Björnsson, Davíð Þór, Ásta Guðmundsdóttir, Össur Páll",
  ),
  list(
    "Estonian",
    ["windows-1252", "windows-1257"],
    "Tõnu Kõiv, Jüri Mägi, Külli Põder, Õnne Tõnisson, Märt Käär, Ülle Lõhmus, Pärtel Kütt, Aivo Rõõmus",
  ),
  list(
    "Turkish",
    ["windows-1254", "iso-8859-9", "cp857"],
    "Ayşe Yılmaz, Mustafa Yıldız, Gülşen Öztürk, Uğur Çakır, İbrahim Şahin, Tuğba Işık, Özlem Doğan, Şükrü Kılıç, Çağla Güneş, Fatma Aydın, Oğuzhan Demirtaş",
  ),
  list(
    "Lithuanian",
    ["windows-1257", "cp775"],
    "Žydrūnas Šimkus, Živilė Kazlauskienė, Kęstutis Žukauskas, Giedrė Petrauskaitė, Šarūnas Mažeika, Jūratė Čepaitė, Vytautas Ąžuolas, Agnė Vaičiūnaitė, Ričardas Gudžius",
  ),
  list(
    "Latvian",
    ["windows-1257"],
    "Jānis Bērziņš, Kristīne Kalniņa, Ģirts Ozoliņš, Līga Šķēle, Mārtiņš Vītols, Ņikita Žagars, Aivārs Krūmiņš, Zigrīda Āboliņa, Pēteris Liepiņš",
  ),
  list(
    "Russian",
    ["windows-1251", "koi8-r", "cp866", "mac-cyrillic", "iso-8859-5"],
    "Анна Смирнова, Иван Щербаков, Сергей Жуков, Мария Объедкова, Дмитрий Ёлкин, Юлия Цветкова, Эдуард Фролов, Наталья Рыбина, Пётр Хрущёв, Ксения Чернышова",
  ),
  list(
    "Ukrainian",
    ["windows-1251", "koi8-u"],
    "Олена Шевченко, Сергій Ткачук, Наталія Їжакевич, Євген Бондаренко, Юрій Ґалаґан, Ірина Коваль, Дмитро Щербина, Зінаїда Мельник",
  ),
  list(
    "Bulgarian",
    ["windows-1251"],
    "Георги Петров, Йорданка Щерева, Димитър Ангелов, Цветелина Жекова, Пламен Христов, Божидар Илиев, Красимира Тодорова, Юлиян Ъглев",
  ),
  list(
    "Serbian",
    ["windows-1251"],
    "Ђорђе Јовановић, Љиљана Његовановић, Живко Ћосић, Милица Петровић, Џевад Шћепановић, Јелена Стојановић, Чедомир Жижић",
  ),
  list(
    "Greek",
    ["windows-1253", "iso-8859-7"],
    "Νίκος Παπαδόπουλος, Ελένη Γεωργίου, Γιώργος Αθανασίου, Κατερίνα Ζαχαριάδη, Χρήστος Ψαράς, Μαρία Ξενάκη, Δημήτρης Φωτίου, Ουρανία Βλάχου",
  ),
  list(
    "Hebrew",
    ["windows-1255"],
    "דוד כהן, משה לוי, רחל מזרחי, יוסף אברהם, שרה פרידמן, אברהם ביטון, יעל גולדברג, חנה שפירא, איתן רוזן",
  ),
  list(
    "Arabic",
    ["windows-1256"],
    "محمد أحمد, فاطمة الزهراء, خالد إبراهيم, عبدالله يوسف, مريم حسن, عائشة سالم, عمر الفاروق, نور الدين, ليلى منصور",
  ),
  list(
    "Thai",
    ["windows-874"],
    "สมชาย ใจดี, สุดา รักไทย, ประเสริฐ ศรีสุข, วันเพ็ญ ทองคำ, กิตติ พงษ์ไทย, นภา แสงทอง, อรุณ วงศ์สวัสดิ์",
  ),
];

/** Names that nobody can be sure of in these encodings: they share their bytes. */
export const NEVER_SURE: readonly NameList[] = [
  list("Chinese", ["gbk", "gb18030"], "王伟, 李娜, 张敏, 刘洋, 陈静, 杨帆, 赵磊, 黄丽"),
  list("Chinese of Taiwan", ["big5"], "王偉, 李娜, 張敏, 劉洋, 陳靜, 楊帆, 趙磊, 黃麗"),
  list(
    "Japanese",
    ["shift-jis", "euc-jp"],
    "佐藤 陽子, 鈴木 健, 高橋 さくら, 田中 一郎, 伊藤 ミキ",
  ),
  list("Korean", ["euc-kr"], "김민준, 이서연, 박지훈, 최수빈, 정예은, 강도윤"),
];
