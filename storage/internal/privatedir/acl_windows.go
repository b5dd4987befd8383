package privatedir

import (
	"errors"
	"slices"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
)

const (
	// replaceContent is what lets a user put something else in the place of what
	// is in a directory, or give himself that right. Adding something does not.
	replaceContent windows.ACCESS_MASK = fileDeleteChild | windows.WRITE_DAC | windows.WRITE_OWNER | windows.GENERIC_ALL
	// changeContent is what lets a user change a directory in any way.
	changeContent = replaceContent | windows.DELETE | windows.FILE_WRITE_DATA | windows.FILE_APPEND_DATA | windows.GENERIC_WRITE

	fileDeleteChild = 0x40 // FILE_DELETE_CHILD, which package windows lacks

	accessAllowedCallback = 9 // ACCESS_ALLOWED_CALLBACK_ACE_TYPE: allowed on a condition
)

// The users and groups that may have any right, besides the user itself.
const (
	localSystem      = "S-1-5-18"
	administrators   = "S-1-5-32-544"
	creatorOwner     = "S-1-3-0" // stands for whoever makes a file
	ownerRights      = "S-1-3-4"
	trustedInstaller = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
	domainPrefix     = "S-1-5-21-"
	domainAdmins     = "-512"
	enterpriseAdmins = "-519"
)

// everyoneGroups are the groups that every user of a machine, or of its domain,
// belongs to.
func everyoneGroups() []string {
	return []string{
		"S-1-1-0",      // Everyone
		"S-1-5-2",      // Network
		"S-1-5-4",      // Interactive
		"S-1-5-7",      // Anonymous
		"S-1-5-11",     // Authenticated Users
		"S-1-5-32-545", // Users
		"S-1-5-32-546", // Guests
	}
}

// A list is the access control list of a directory.
type list struct {
	owner   string // a SID, as all users and groups here
	absent  bool   // everyone may do everything
	entries []entry
}

// An entry gives a user or a group rights.
type entry struct {
	sid    string
	rights windows.ACCESS_MASK
	below  bool // only to what is made in the directory
}

// stranger returns a user or group that has any of rights and is not trusted
// with them; "" if there is none. What is made in the directory counts too.
func (l list) stranger(self string, rights windows.ACCESS_MASK) string {
	for _, e := range l.entries {
		if e.rights&rights != 0 && !trusted(e.sid, self) {
			return e.sid
		}
	}
	return ""
}

// everyone returns a group of all users that has any of rights to the directory
// itself; "" if there is none.
func (l list) everyone(rights windows.ACCESS_MASK) string {
	if l.absent {
		return everyoneGroups()[0]
	}
	for _, e := range l.entries {
		isDomain := strings.HasPrefix(e.sid, domainPrefix) && (strings.HasSuffix(e.sid, "-513") || strings.HasSuffix(e.sid, "-514")) // Domain Users, Guests
		if e.rights&rights != 0 && !e.below && (isDomain || slices.Contains(everyoneGroups(), e.sid)) {
			return e.sid
		}
	}
	return ""
}

func trusted(sid, self string) bool {
	switch sid {
	case self, localSystem, administrators, creatorOwner, ownerRights, trustedInstaller:
		return true
	}
	return strings.HasPrefix(sid, domainPrefix) && (strings.HasSuffix(sid, domainAdmins) || strings.HasSuffix(sid, enterpriseAdmins))
}

// readList reads the list of an open directory. Entries that deny something are
// left out: what they forbid counts as allowed, if anything allows it.
func readList(dir windows.Handle) (l list, err error) {
	sd, err := windows.GetSecurityInfo(dir, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return l, err
	}
	owner, _, err := sd.Owner()
	if err != nil {
		return l, err
	}
	if owner == nil {
		return l, errors.New("it has no owner")
	}
	l.owner = owner.String()
	dacl, _, err := sd.DACL()
	if errors.Is(err, windows.ERROR_OBJECT_NOT_FOUND) || err == nil && dacl == nil {
		l.absent = true
		return l, nil
	}
	if err != nil {
		return l, err
	}
	for i := range uint32(dacl.AceCount) {
		var ace *windows.ACCESS_ALLOWED_ACE
		if err := windows.GetAce(dacl, i, &ace); err != nil {
			return l, err
		}
		if ace.Header.AceType != windows.ACCESS_ALLOWED_ACE_TYPE && ace.Header.AceType != accessAllowedCallback {
			continue
		}
		sid := (*windows.SID)(unsafe.Pointer(&ace.SidStart))
		l.entries = append(l.entries, entry{sid.String(), ace.Mask, ace.Header.AceFlags&windows.INHERIT_ONLY_ACE != 0})
	}
	return l, nil
}

// privateDescriptor returns a security descriptor that lets in this user,
// administrators and the system, and inherits nothing.
func privateDescriptor() (*windows.SECURITY_DESCRIPTOR, error) {
	self, err := currentUser()
	if err != nil {
		return nil, err
	}
	return windows.SecurityDescriptorFromString("D:P(A;OICI;FA;;;" + self + ")(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)")
}

func currentUser() (sid string, err error) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return "", err
	}
	return user.User.Sid.String(), nil
}

// account returns the name of a user or group, for people.
func account(sid string) string {
	s, err := windows.StringToSid(sid)
	if err != nil {
		return sid
	}
	name, _, _, err := s.LookupAccount("")
	if err != nil || name == "" {
		return sid
	}
	return name
}
