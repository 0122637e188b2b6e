/** Everyday Vietnamese words without marks, as ordinary names are built of them: what the trainer puts against the lists' Vietnamese. */
export const EVERYDAY = ('truong hoc sinh giao vien dao tao bai tap hoc tap de thi dap an on thi luyen thi dai hoc cao dang trung hoc tieu hoc mam non lop toan vat ly hoa hoc sinh hoc '
  + 'ngu van lich su dia ly tieng anh tieng viet tin hoc the duc am nhac my thuat thu vien sach truyen bao chi tin tuc thoi su phap luat van hoa du lich khach san nha hang am thuc mon ngon '
  + 'cong ty xay dung noi that kien truc thiet ke in an quang cao bat dong san nha dat can ho chung cu dau tu tai chinh ngan hang bao hiem ke toan thue luat su benh vien phong kham bac si nha khoa '
  + 'nha thuoc duoc pham suc khoe dinh duong lam dep my pham thoi trang giay dep quan ao tre em me va be do choi qua tang hoa tuoi cay canh nong nghiep nong san trai cay rau sach hai san thuc pham '
  + 'dien may dien lanh dien thoai may tinh may in camera linh kien phu kien xe may o to phu tung van tai van chuyen chuyen phat kho bai xuat nhap khau co khi thep gach son cua kinh nhua bao bi '
  + 'viet nam ha noi sai gon da nang hai phong can tho hue nha trang da lat quang ninh nghe an thanh hoa bac ninh binh duong dong nai mien bac mien nam dong anh hoan kiem cau giay ba dinh '
  + 'long chau an khang binh an hoang anh minh duc thanh cong phat dat tan phu hung thinh dai phat kim long phuong nam dong do thang long hong ha truong son song hong bien xanh dat viet nguoi viet '
  + 'nguyen tran le pham hoang phan vu dang bui do ho ngo duong ly tuan hung dung lan huong mai linh thao trang quynh khong ai biet binh thuong moi nhat tot nhat gia re uy tin chat luong chinh hang online tong hop '
  + 'chia se kien thuc cuoc song gia dinh tinh yeu hanh phuc phat giao cong giao chua den le hoi bong da the thao cau long bong ban bong ro bong chuyen co vua co tuong am thanh anh sang phim anh ca nhac nhac viet giai tri tro choi dan gian '
  + 'hoc tieng trung hoc lai xe viec lam tuyen dung ho so don xin mau van ban bieu mau tra cuu diem thi diem chuan tuyen sinh hoc phi hoc bong du hoc '
  + 'uoc mo cac uoc mo ca cuoc song ca cuoc doi game bai tap game bai hoc bai giang sua nha cai tao cai rang me bau cua toi quay huong dan clip nong dan clip nong nghiep phu nu dam dang danh den trang tri '
  + 'be tong bep viet be boi hang bet beo buoi dien buoi nam roi dam cuoi dam me doc sach dan toc nung cu chi lon len trong lon cac mon hoc san bong da hoc duong da banh phim hoat hinh phim tai lieu '
  + 'truyen co tich truyen tranh thieu nhi truyen kieu xo so kien thiet lo to hoc toan vong quay may man goi ten con gai con trai gioi tinh').split(' ');

/** Daily words of English that hold a syllable the lists are full of, and what stands beside such a word in an honest name. */
export const FALSE_FRIENDS = ('sextant sextans sextet sextuple sexton sexagesimal essex sussex wessex middlesex unisex asexual sexeducation sexualhealth sexology bisexualpride intersex homosexuality '
  + 'alphabet tibet tibetan diabetes diabetic elizabeth bethlehem bethany bethel beethoven betta better betterment abetter lambeth macbeth beta betony '
  + 'windows window winter winner wine darwin baldwin edwin godwin swindon swing twin twinkle winnipeg winston winery goodwin erwin '
  + 'pokemon pokerface spoken broken lotus pilot allotment timeslot ballot sloth avocado mercado melodeon explode lodestar '
  + 'cockpit cocktail peacock hancock cockatoo shuttlecock woodcock analysis analyst canal banal analog arsenal therapist assassin classic passage grass assess bass cumulus document circumstance cucumber '
  + 'scunthorpe penistone lightwater titan title institute subtitle constitution titmouse bluetit grape skyscraper drape therapeutic nudelman nudge denude pornic popcorn acorn unicorn gayle gaylord nosegay '
  + 'teenager fifteen eighteen canteen camera camp campus camel cambridge scam cameroon adulthood adulteducation adulting hardcover hotel hotspot hottub tubes youtube tuber tubeworm girlscout girlguide babysitter babyname escorted '
  + 'spinach spinal spinning bonus jackdaw vipassana clubhouse casinobeef montecassino proxyvote proxima approximate').split(' ');
export const BESIDE = ('school schools museum library online books club county council college university history society navigation island music science math learning kids family world house garden shop store news blog guide map travel art center '
  + 'national international academy research institute project foundation hall park street health care lab tech design').split(' ');

/** A plural before these spells what nobody meant: `expertsexchange`, `teensexplore`. */
export const AFTER_PLURAL = 'exchange express expert experts explore exploring export expo exam exams experiment experiments excel exercise exhibit experience extra exist'.split(' ');
export const PLURALS = ('teachers students parents girls boys teens kids children experts sports arts books news maths sciences farmers artists doctors nurses friends players schools business travellers workers tourists '
  + 'lawyers drivers writers readers cars homes foods gardens stones jones hills wales annes').split(' ');
