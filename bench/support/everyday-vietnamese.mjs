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
  + 'hoc tieng trung hoc lai xe viec lam tuyen dung ho so don xin mau van ban bieu mau tra cuu diem thi diem chuan tuyen sinh hoc phi hoc bong du hoc').split(' ');
